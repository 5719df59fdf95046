// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.posix.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Content that the cluster keeps in one object. It is replaced as a whole, on stable storage when the call returns, and by one who knows
 * its version only: what another client has written meanwhile is never lost. One thread at a time uses a pool for this.
 */
public final class PoolObject {
    /** The version of an object that isn't there. */
    public static final long NONE = 0;

    private static final int EXCLUSIVE = 1;
    private static final int FIRST_ROOM = 64 << 10;

    /**
     * What an object holds.
     *
     * @param version changes with each change of the object
     */
    public record Content(byte[] bytes, long version) {}

    private final Pool pool;
    private final Ceph ceph;
    private final String name;

    PoolObject(Pool pool, String name) {
        this.pool = pool;
        this.ceph = pool.ceph;
        this.name = name;
    }

    /** What it holds, up to {@code most} bytes of it; empty if it isn't there. */
    public Optional<Content> read(int most) throws IOException {
        for (int room = Math.min(FIRST_ROOM, most); ; room = (int) Math.min(2L * room, most)) {
            try (var arena = Arena.ofConfined()) {
                var into = arena.allocate(room);
                // In one call: parts of two versions are none.
                int size = ceph.wide.read(pool.handle, arena.allocateFrom(name), into, room);
                if (size == -Errno.ENOENT) {
                    return Optional.empty();
                }
                Ceph.check(size, pool.path(name));
                if (size < room || room == most) {
                    return Optional.of(new Content(
                            into.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE),
                            ceph.rados.rados_get_last_version(pool.handle)));
                }
            }
        }
    }

    /**
     * Replaces all of it.
     *
     * @param version that is known of it; {@link #NONE} makes it
     * @return its version from now on; empty if another client has changed it, and nothing has happened
     */
    public Optional<Long> replace(byte[] content, long version) throws IOException {
        int result = pool.change(name, (operation, arena) -> {
            if (version == NONE) {
                ceph.rados.rados_write_op_create(operation, EXCLUSIVE, 0);
            } else {
                ceph.rados.rados_write_op_assert_version(operation, version);
            }
            var bytes = arena.allocate(Math.max(content.length, 1));
            MemorySegment.copy(content, 0, bytes, ValueLayout.JAVA_BYTE, 0, content.length);
            ceph.rados.rados_write_op_write_full(operation, bytes.address(), content.length);
        });
        return happened(result) ? Optional.of(ceph.rados.rados_get_last_version(pool.handle)) : Optional.empty();
    }

    /** Removes one that is there; returns whether it had this version. */
    public boolean remove(long version) throws IOException {
        return happened(pool.change(name, (operation, _) -> {
            ceph.rados.rados_write_op_assert_version(operation, version);
            ceph.rados.rados_write_op_remove(operation);
        }));
    }

    private boolean happened(int result) throws IOException {
        return switch (-result) {
            case Errno.EEXIST, Errno.ENOENT, Errno.ERANGE, Errno.EOVERFLOW -> false;
            default -> {
                Ceph.check(result, pool.path(name));
                yield true;
            }
        };
    }
}
