// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.storage;

import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A GlusterFS volume of one brick or of three replicas, on the loopback only, and FUSE mounts of it, each by a client of its own, as two hosts would have
 * them. Brick and clients are Debian's glusterfs-server and glusterfs-client with the layers that glusterd gives them; glusterd
 * itself would take fixed ports and sockets of the machine, and only hands out these descriptions. Needs root.
 */
public final class GlusterVolume implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Path folder;
    private final List<Integer> ports;
    private final Map<Integer, Child> bricks = new TreeMap<>();
    private Child client;
    private Child otherClient;

    private GlusterVolume(Path folder, List<Integer> ports) {
        this.folder = folder;
        this.ports = ports;
    }

    /** Whether it can be tried here. */
    public static boolean isPossible() {
        return Mount.allowed()
                && Files.exists(Path.of("/dev/fuse"))
                && Files.isExecutable(Path.of("/usr/sbin/glusterfsd"))
                && Files.isExecutable(Path.of("/usr/sbin/glusterfs"));
    }

    /** Starts a volume in a new folder, and mounts it twice. */
    public static GlusterVolume start(Path folder, GlusterLayers layers) {
        try {
            List<Integer> ports = freePorts(layers.bricks());
            GlusterVolume volume = new GlusterVolume(folder, ports);
            for (int i = 0; i < ports.size(); i++) {
                Files.createDirectories(volume.brick(i).resolve(".glusterfs"));
            }
            Files.createDirectories(volume.mount());
            Files.createDirectories(volume.other());
            try {
                volume.describe(layers);
                for (int i = 0; i < ports.size(); i++) {
                    volume.startBrick(i);
                }
                volume.client = volume.mount(volume.mount());
                volume.otherClient = volume.mount(volume.other());
                return volume;
            } catch (RuntimeException e) {
                volume.close();
                throw e;
            }
        } catch (IOException e) {
            throw new LabException("glusterfs in " + folder + ": " + e.getMessage(), e);
        }
    }

    private void describe(GlusterLayers layers) throws IOException {
        for (int i = 0; i < ports.size(); i++) {
            Files.writeString(folder.resolve("brick" + i + ".vol"), layers.brick(i, brick(i), ports.get(i)));
        }
        Files.writeString(folder.resolve("client.vol"), layers.client(ports));
    }

    private Path brick(int number) {
        return folder.resolve("brick" + number);
    }

    /** Where one host sees the volume. */
    public Path mount() {
        return folder.resolve("mount");
    }

    /** Where another does. */
    public Path other() {
        return folder.resolve("other");
    }

    /** Starts a brick; clients find it again by themselves, within some seconds. */
    public void startBrick(int number) {
        Child brick = Child.start(
                "glusterfsd",
                folder.resolve("brick" + number + ".out"),
                List.of(
                        "/usr/sbin/glusterfsd",
                        "-N",
                        "-f",
                        folder.resolve("brick" + number + ".vol").toString(),
                        "-l",
                        folder.resolve("brick" + number + ".log").toString()));
        bricks.put(number, brick);
        brick.await("brick " + number + " listens", LIMIT, () -> listens(ports.get(number)));
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** SIGKILL: without replicas, or with too few that are left, whoever reads or writes is told that nobody is connected. */
    public void killBrick(int number) {
        bricks.get(number).kill();
    }

    private Child mount(Path at) {
        Child started = Child.start(
                "glusterfs",
                folder.resolve("client.out"),
                List.of(
                        "/usr/sbin/glusterfs",
                        "-N",
                        "-f",
                        folder.resolve("client.vol").toString(),
                        "-l",
                        folder.resolve("client.log").toString(),
                        at.toString()));
        started.await(at + " is mounted", LIMIT, () -> isMounted(at));
        // It is there before the client is connected.
        Await.until(at + " can be written", LIMIT, () -> {
            Path probe = at.resolve("probe");
            try {
                Files.writeString(probe, "x");
                Files.delete(probe);
                return true;
            } catch (IOException e) {
                return false;
            }
        });
        return started;
    }

    private static boolean isMounted(Path at) {
        try {
            return Files.readString(Path.of("/proc/self/mounts")).contains(" " + at + " fuse.glusterfs ");
        } catch (IOException e) {
            return false;
        }
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    @Override
    public void close() {
        for (Path at : List.of(mount(), other())) {
            Command.run(LIMIT, List.of("umount", "--lazy", at.toString()));
        }
        for (Child child : new Child[] {client, otherClient}) {
            if (child != null) {
                child.close();
            }
        }
        bricks.values().forEach(Child::close);
    }
}
