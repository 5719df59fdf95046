// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/** A connection to a Ceph cluster: one client, which the cluster can lock out as a whole. May be used by any thread. */
public final class Cluster implements AutoCloseable {
    /** How long a cluster may take to answer the first time, in seconds. */
    private static final String PATIENCE = "30";

    /** Of images that are read and written by calls that wait: what librbd may hold of one in memory, in bytes. */
    private static final Map<String, String> CACHED = Map.of(
            "rbd_cache_size", Integer.toString(4 << 20),
            "rbd_cache_max_dirty", Integer.toString(2 << 20),
            "rbd_cache_target_dirty", Integer.toString(2 << 20));

    /**
     * Of disks: what is complete is in the cluster, so a process that is killed takes nothing with it; requests are begun on the loop's
     * own thread; what is written isn't copied once more; requests go out at once and one by one; and whoever a lock is taken from is
     * locked out.
     */
    private static final Map<String, String> DIRECT = Map.of(
            "rbd_cache", "false",
            "rbd_non_blocking_aio", "false",
            "rbd_disable_zero_copy_writes", "false",
            "rbd_blocklist_on_break_lock", "true",
            "rbd_io_scheduler", "none");

    /** Of a UUID, in bytes. */
    private static final int MOST_ID = 64;

    final Ceph ceph;
    private long handle;

    private Cluster(Ceph ceph, long handle) {
        this.ceph = ceph;
        this.handle = handle;
    }

    /** For images that are used by calls that wait. */
    public static Cluster connect(ClusterAddress address) throws IOException {
        return connect(address, CACHED);
    }

    /** For a disk, see {@link CephImage}. */
    static Cluster connectForDisk(ClusterAddress address) throws IOException {
        return connect(address, DIRECT);
    }

    private static Cluster connect(ClusterAddress address, Map<String, String> options) throws IOException {
        var ceph = Ceph.load();
        long handle;
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ValueLayout.JAVA_LONG);
            Ceph.check(ceph.rados.rados_create(out.address(), address.id().orElse(null)), "ceph client");
            handle = out.get(ValueLayout.JAVA_LONG, 0);
        }
        var cluster = new Cluster(ceph, handle);
        try {
            cluster.open(address, options);
            return cluster;
        } catch (IOException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private void open(ClusterAddress address, Map<String, String> options) throws IOException {
        Ceph.check(
                ceph.rados.rados_conf_read_file(handle, address.conf().orElse(null)),
                "ceph configuration " + address.conf().orElse("/etc/ceph/ceph.conf"));
        Ceph.check(ceph.rados.rados_conf_parse_env(handle, null), "CEPH_ARGS");
        if (address.keyring().isPresent()) {
            set("keyring", address.keyring().get());
        }
        set("client_mount_timeout", PATIENCE);
        for (var option : options.entrySet()) {
            set(option.getKey(), option.getValue());
        }
        Ceph.check(ceph.rados.rados_connect(handle), "ceph cluster");
    }

    private void set(String option, String value) throws IOException {
        Ceph.check(ceph.rados.rados_conf_set(handle, option, value), "ceph option " + option);
    }

    /** What no other cluster has, however it is configured here. */
    String id() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var id = arena.allocate(MOST_ID);
            Ceph.check(ceph.rados.rados_cluster_fsid(handle, id.address(), MOST_ID), "ceph cluster");
            return id.getString(0);
        }
    }

    /** @param namespace may be empty */
    public Pool pool(String pool, String namespace) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ValueLayout.JAVA_LONG);
            Ceph.check(ceph.rados.rados_ioctx_create(handle, pool, out.address()), "ceph pool " + pool);
            return new Pool(ceph, out.get(ValueLayout.JAVA_LONG, 0), pool, namespace);
        }
    }

    /** Pools and images are closed before. */
    @Override
    public synchronized void close() {
        if (handle != 0) {
            ceph.rados.rados_shutdown(handle);
            handle = 0;
        }
    }
}
