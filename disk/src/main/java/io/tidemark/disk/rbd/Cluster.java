// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.posix.Errno;
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
        configure(address);
        Ceph.check(ceph.rados.rados_conf_parse_env(handle, null), "CEPH_ARGS");
        if (address.keyring().isPresent()) {
            set("keyring", address.keyring().get());
        }
        set("client_mount_timeout", PATIENCE);
        for (var option : options.entrySet()) {
            set(option.getKey(), option.getValue());
        }
        reach(address);
    }

    private void configure(ClusterAddress address) throws IOException {
        int result = ceph.rados.rados_conf_read_file(handle, address.conf().orElse(null));
        String what = "ceph configuration " + address.conf().orElse("/etc/ceph/ceph.conf");
        switch (-result) {
            case Errno.ENOENT -> throw new IOException(what + ": does not exist; name another with :conf=FILE");
            case Errno.EINVAL -> throw new IOException(what + ": can't be understood; mend it");
            default -> Ceph.check(result, what);
        }
    }

    private void reach(ClusterAddress address) throws IOException {
        int result = ceph.rados.rados_connect(handle);
        switch (-result) {
            case Errno.ENOENT ->
                throw new IOException(
                        "ceph cluster: " + keyring(address)
                                + ", or the configuration names no monitors; name others with :id=ID, :keyring=FILE and :conf=FILE");
            case Errno.EIO ->
                throw new IOException("ceph cluster: " + keyring(address)
                        + ", or no monitor can be talked to; check the keyring and the configuration");
            case Errno.ETIMEDOUT ->
                throw new IOException("ceph cluster: no monitor answers within " + PATIENCE
                        + " s; check mon_host in the configuration, and the network");
            default -> Ceph.check(result, "ceph cluster");
        }
    }

    private static String keyring(ClusterAddress address) {
        return "client." + address.id().orElse("admin") + " has no key in "
                + address.keyring().map(file -> "keyring " + file).orElse("the keyrings of the configuration");
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
