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
import java.util.List;

/**
 * A GlusterFS volume of one brick, on the loopback only, and FUSE mounts of it, each by a client of its own, as two hosts would have
 * them. Brick and clients are Debian's glusterfs-server and glusterfs-client with the layers that glusterd gives them; glusterd
 * itself would take fixed ports and sockets of the machine, and only hands out these descriptions. Needs root.
 */
public final class GlusterVolume implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Path folder;
    private final int port;
    private Child brick;
    private Child client;
    private Child otherClient;

    private GlusterVolume(Path folder, int port) {
        this.folder = folder;
        this.port = port;
    }

    /** Whether it can be tried here. */
    public static boolean isPossible() {
        return Mount.allowed()
                && Files.exists(Path.of("/dev/fuse"))
                && Files.isExecutable(Path.of("/usr/sbin/glusterfsd"))
                && Files.isExecutable(Path.of("/usr/sbin/glusterfs"));
    }

    /** Starts a volume in a new folder, and mounts it twice. */
    public static GlusterVolume start(Path folder) {
        try {
            for (String part : List.of("brick", "mount", "other")) {
                Files.createDirectories(folder.resolve(part));
            }
            GlusterVolume volume = new GlusterVolume(folder, freePort());
            try {
                volume.describe();
                volume.startBrick();
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

    private void describe() throws IOException {
        Files.writeString(folder.resolve("brick.vol"), """
                volume posix
                    type storage/posix
                    option directory %1$s/brick
                end-volume
                volume locks
                    type features/locks
                    subvolumes posix
                end-volume
                volume leases
                    type features/leases
                    option leases off
                    subvolumes locks
                end-volume
                volume upcall
                    type features/upcall
                    option cache-invalidation off
                    subvolumes leases
                end-volume
                volume io-threads
                    type performance/io-threads
                    subvolumes upcall
                end-volume
                volume brick
                    type debug/io-stats
                    subvolumes io-threads
                end-volume
                volume server
                    type protocol/server
                    option transport-type tcp
                    option transport.socket.bind-address 127.0.0.1
                    option transport.socket.listen-port %2$d
                    option auth.addr.brick.allow 127.0.0.1
                    subvolumes brick
                end-volume
                """.formatted(folder, port));
        Files.writeString(folder.resolve("client.vol"), """
                volume client
                    type protocol/client
                    option transport-type tcp
                    option remote-host 127.0.0.1
                    option remote-port %d
                    option remote-subvolume brick
                end-volume
                volume distribute
                    type cluster/distribute
                    subvolumes client
                end-volume
                volume utime
                    type features/utime
                    option noatime on
                    subvolumes distribute
                end-volume
                volume write-behind
                    type performance/write-behind
                    subvolumes utime
                end-volume
                volume open-behind
                    type performance/open-behind
                    subvolumes write-behind
                end-volume
                volume quick-read
                    type performance/quick-read
                    subvolumes open-behind
                end-volume
                volume md-cache
                    type performance/md-cache
                    subvolumes quick-read
                end-volume
                volume io-threads
                    type performance/io-threads
                    subvolumes md-cache
                end-volume
                volume whole
                    type debug/io-stats
                    subvolumes io-threads
                end-volume
                """.formatted(port));
    }

    /** Where one host sees the volume. */
    public Path mount() {
        return folder.resolve("mount");
    }

    /** Where another does. */
    public Path other() {
        return folder.resolve("other");
    }

    /** Starts the brick; clients find it again by themselves, within some seconds. */
    public void startBrick() {
        brick = Child.start(
                "glusterfsd",
                folder.resolve("brick.out"),
                List.of(
                        "/usr/sbin/glusterfsd",
                        "-N",
                        "-f",
                        folder.resolve("brick.vol").toString(),
                        "-l",
                        folder.resolve("brick.log").toString()));
        brick.await("the brick listens", LIMIT, this::listens);
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** SIGKILL: whoever reads or writes is told that nobody is connected. */
    public void killBrick() {
        brick.kill();
    }

    /** SIGSTOP: whoever reads or writes waits. */
    public void pauseBrick() {
        run("kill", "-STOP", Long.toString(brick.pid()));
    }

    public void resumeBrick() {
        run("kill", "-CONT", Long.toString(brick.pid()));
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

    private static void run(String... command) {
        Command.run(LIMIT, List.of(command)).orThrow(String.join(" ", command));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        for (Path at : List.of(mount(), other())) {
            Command.run(LIMIT, List.of("umount", "--lazy", at.toString()));
        }
        for (Child child : new Child[] {client, otherClient, brick}) {
            if (child != null) {
                child.close();
            }
        }
    }
}
