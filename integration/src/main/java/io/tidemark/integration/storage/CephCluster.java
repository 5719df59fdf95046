// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.storage;

import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A Ceph cluster of one monitor and one OSD, in one folder and on the loopback only: Debian's ceph-mon, ceph-osd and ceph-common. Both are
 * processes of ours, ended by their ids. The OSD keeps what it has over {@link #stopOsd}, {@link #killOsd} and a new start.
 */
public final class CephCluster implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** After how long without a sign of life a client counts as dead, in seconds; 30 by default, which no test wants to wait for. */
    public static final int WATCH_TIMEOUT = 6;

    private final Path folder;
    private final String osdId = UUID.randomUUID().toString();
    private Child monitor;
    private Child osd;

    private CephCluster(Path folder) {
        this.folder = folder;
    }

    /** Whether the programs are installed. */
    public static boolean isInstalled() {
        return Files.isExecutable(Path.of("/usr/bin/ceph-mon")) && Files.isExecutable(Path.of("/usr/bin/ceph-osd"));
    }

    /** Starts a cluster in a new folder, with a pool {@code rbd}. */
    public static CephCluster start(Path folder) {
        CephCluster cluster = new CephCluster(folder);
        try {
            Files.createDirectories(folder.resolve("mon"));
            Files.createDirectories(folder.resolve("osd"));
            cluster.make(freePort());
            return cluster;
        } catch (IOException e) {
            cluster.close();
            throw new LabException("ceph in " + folder + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private void make(int port) throws IOException {
        String cluster = UUID.randomUUID().toString();
        Files.writeString(configuration(), """
                [global]
                fsid = %1$s
                mon_host = v2:127.0.0.1:%2$d
                mon_initial_members = a
                public_network = 127.0.0.0/8
                auth_cluster_required = cephx
                auth_service_required = cephx
                auth_client_required = cephx
                keyring = %3$s/keyring
                admin_socket =
                log_file = %3$s/$type.log
                pid_file =
                run_dir = %3$s
                osd_pool_default_size = 1
                osd_pool_default_min_size = 1
                osd_crush_chooseleaf_type = 0
                mon_allow_pool_size_one = true
                osd_client_watch_timeout = %4$d
                [mon]
                mon_data = %3$s/mon
                [osd]
                osd_data = %3$s/osd
                osd_objectstore = bluestore
                bluestore_block_size = 4294967296
                osd_memory_target = 939524096
                bluestore_cache_autotune = false
                bluestore_cache_size = 67108864
                [client]
                log_file =
                """.formatted(cluster, port, folder, WATCH_TIMEOUT));
        String keyring = folder.resolve("keyring").toString();
        run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *");
        key(keyring, "client.admin", "allow *");
        key(keyring, "osd.0", "allow profile osd");
        String map = folder.resolve("monmap").toString();
        run("monmaptool", "--create", "--fsid", cluster, "--addv", "a", "[v2:127.0.0.1:" + port + "]", map);
        run("ceph-mon", "--mkfs", "-i", "a", "-c", conf(), "--monmap", map, "--keyring", keyring);
        monitor =
                Child.start("ceph-mon", folder.resolve("mon.out"), List.of("ceph-mon", "-f", "-i", "a", "-c", conf()));
        ceph("osd", "new", osdId);
        run("ceph-osd", "--mkfs", "-i", "0", "-c", conf(), "--osd-uuid", osdId);
        startOsd();
        ceph("osd", "pool", "create", "rbd", "8");
        run("rbd", "-c", conf(), "pool", "init", "rbd");
    }

    private static void key(String keyring, String name, String monitors) {
        run("ceph-authtool", keyring, "--gen-key", "-n", name, "--cap", "mon", monitors, "--cap", "osd", "allow *");
    }

    /** Its configuration file, in which all is that a client needs. */
    public Path configuration() {
        return folder.resolve("ceph.conf");
    }

    private String conf() {
        return configuration().toString();
    }

    /** Runs {@code ceph} with these arguments. */
    public String ceph(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ceph", "-c", conf(), "--connect-timeout", "30"));
        command.addAll(List.of(arguments));
        return Command.run(LIMIT, command).orThrow(String.join(" ", command)).output();
    }

    /** Runs {@code rbd} with these arguments. */
    public String rbd(String... arguments) {
        List<String> command = new ArrayList<>(List.of("rbd", "-c", conf()));
        command.addAll(List.of(arguments));
        return Command.run(LIMIT, command).orThrow(String.join(" ", command)).output();
    }

    /** Starts the OSD; returns when the cluster counts it as up. */
    public void startOsd() {
        osd = Child.start("ceph-osd", folder.resolve("osd.out"), List.of("ceph-osd", "-f", "-i", "0", "-c", conf()));
        Await.until("osd.0 is up", LIMIT, () -> ceph("osd", "stat").contains(" 1 up"));
    }

    /** SIGKILL: who reads or writes waits from now on. */
    public void killOsd() {
        osd.kill();
    }

    /** SIGSTOP: likewise, and the OSD goes on after {@link #resumeOsd}. */
    public void pauseOsd() {
        run("kill", "-STOP", Long.toString(osd.pid()));
    }

    public void resumeOsd() {
        run("kill", "-CONT", Long.toString(osd.pid()));
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
        for (Child child : new Child[] {osd, monitor}) {
            if (child != null && child.isAlive()) {
                child.kill();
            }
        }
    }
}
