// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.posix.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Names and values that the cluster keeps in one object (its omap). Each change is atomic, and on stable storage when the call returns.
 * May be used by any thread.
 */
public final class PoolMap {
    private static final int IDEMPOTENT = 0;
    private static final int PAGE = 1000;

    private final Pool pool;
    private final Ceph ceph;
    private final String name;

    PoolMap(Pool pool, String name) {
        this.pool = pool;
        this.ceph = pool.ceph;
        this.name = name;
    }

    /** Makes the map where it isn't yet. */
    public void make() throws IOException {
        Ceph.check(
                change((operation, _) -> ceph.rados.rados_write_op_create(operation, IDEMPOTENT, 0)), pool.path(name));
    }

    /** Whether it was made. */
    public boolean exists() throws IOException {
        int result = ceph.rados.rados_stat(pool.handle, name, 0, 0);
        if (result == -Errno.ENOENT) {
            return false;
        }
        Ceph.check(result, pool.path(name));
        return true;
    }

    /** Sets a key of a map that exists. */
    public void put(String key, byte[] value) throws IOException {
        Ceph.check(change((operation, arena) -> set(operation, arena, key, value)), pool.path(name));
    }

    /** Likewise, unless it has a value that isn't empty; returns whether this one was put. */
    public boolean putIfAbsent(String key, byte[] value) throws IOException {
        int result = change((operation, arena) -> {
            ceph.wide.omapEquals(
                    operation,
                    arena.allocateFrom(key).address(),
                    arena.allocate(1).address(),
                    0,
                    arena.allocate(ValueLayout.JAVA_INT).address());
            set(operation, arena, key, value);
        });
        if (result == -Errno.ECANCELED) {
            return false;
        }
        Ceph.check(result, pool.path(name));
        return true;
    }

    private void set(long operation, Arena arena, String key, byte[] value) {
        var bytes = arena.allocate(Math.max(value.length, 1));
        MemorySegment.copy(value, 0, bytes, ValueLayout.JAVA_BYTE, 0, value.length);
        ceph.wide.omapSet(
                operation,
                pointerTo(arena, arena.allocateFrom(key)),
                pointerTo(arena, bytes),
                arena.allocateFrom(ValueLayout.JAVA_LONG, value.length).address(),
                1);
    }

    /** Takes a key out, if it is there. */
    public void remove(String key) throws IOException {
        Ceph.check(
                change((operation, arena) -> ceph.rados.rados_write_op_omap_rm_keys(
                        operation, pointerTo(arena, arena.allocateFrom(key)), 1)),
                pool.path(name));
    }

    private int change(ObjectChange change) {
        return pool.change(name, change);
    }

    /** The value of a key. */
    public Optional<byte[]> get(String key) throws IOException {
        long operation = ceph.rados.rados_create_read_op();
        try (var arena = Arena.ofConfined()) {
            var iterator = arena.allocate(ValueLayout.JAVA_LONG);
            var result = arena.allocate(ValueLayout.JAVA_INT);
            ceph.wide.omapGetByKeys(
                    operation, pointerTo(arena, arena.allocateFrom(key)), 1, iterator.address(), result.address());
            int done = ceph.rados.rados_read_op_operate(operation, pool.handle, name, 0);
            if (done == -Errno.ENOENT) {
                return Optional.empty();
            }
            Ceph.check(done, pool.path(name));
            Ceph.check(result.get(ValueLayout.JAVA_INT, 0), pool.path(name));
            var pair = new Pair(arena, iterator.get(ValueLayout.JAVA_LONG, 0));
            try {
                return pair.next() ? Optional.of(pair.value()) : Optional.empty();
            } finally {
                pair.end();
            }
        } finally {
            ceph.rados.rados_release_read_op(operation);
        }
    }

    /** The keys that begin with {@code prefix}, ascending, without it. */
    public List<String> keys(String prefix) throws IOException {
        var found = new ArrayList<String>();
        boolean more = true;
        for (String after = ""; more; after = found.isEmpty() ? "" : prefix + found.getLast()) {
            more = page(prefix, after, found);
        }
        return found;
    }

    private boolean page(String prefix, String after, List<String> found) throws IOException {
        long operation = ceph.rados.rados_create_read_op();
        try (var arena = Arena.ofConfined()) {
            var iterator = arena.allocate(ValueLayout.JAVA_LONG);
            var more = arena.allocate(1);
            var result = arena.allocate(ValueLayout.JAVA_INT);
            ceph.wide.omapGetValues(
                    operation,
                    arena.allocateFrom(after).address(),
                    arena.allocateFrom(prefix).address(),
                    PAGE,
                    iterator.address(),
                    more.address(),
                    result.address());
            int done = ceph.rados.rados_read_op_operate(operation, pool.handle, name, 0);
            if (done == -Errno.ENOENT) {
                throw new NoSuchFileException(pool.path(name));
            }
            Ceph.check(done, pool.path(name));
            Ceph.check(result.get(ValueLayout.JAVA_INT, 0), pool.path(name));
            var pair = new Pair(arena, iterator.get(ValueLayout.JAVA_LONG, 0));
            try {
                while (pair.next()) {
                    found.add(pair.key().substring(prefix.length()));
                }
            } finally {
                pair.end();
            }
            return more.get(ValueLayout.JAVA_BYTE, 0) != 0;
        } finally {
            ceph.rados.rados_release_read_op(operation);
        }
    }

    private static long pointerTo(Arena arena, MemorySegment what) {
        return arena.allocateFrom(ValueLayout.JAVA_LONG, what.address()).address();
    }

    /** The pair that an iterator is at. */
    private final class Pair {
        private final long iterator;
        private final MemorySegment key;
        private final MemorySegment value;
        private final MemorySegment length;

        Pair(Arena arena, long iterator) {
            this.iterator = iterator;
            this.key = arena.allocate(ValueLayout.JAVA_LONG);
            this.value = arena.allocate(ValueLayout.JAVA_LONG);
            this.length = arena.allocate(ValueLayout.JAVA_LONG);
        }

        boolean next() throws IOException {
            Ceph.check(
                    ceph.rados.rados_omap_get_next(iterator, key.address(), value.address(), length.address()),
                    pool.path(name));
            return key.get(ValueLayout.JAVA_LONG, 0) != 0;
        }

        String key() {
            return MemorySegment.ofAddress(key.get(ValueLayout.JAVA_LONG, 0))
                    .reinterpret(Long.MAX_VALUE)
                    .getString(0);
        }

        byte[] value() {
            return MemorySegment.ofAddress(value.get(ValueLayout.JAVA_LONG, 0))
                    .reinterpret(length.get(ValueLayout.JAVA_LONG, 0))
                    .toArray(ValueLayout.JAVA_BYTE);
        }

        void end() {
            ceph.rados.rados_omap_get_end(iterator);
        }
    }
}
