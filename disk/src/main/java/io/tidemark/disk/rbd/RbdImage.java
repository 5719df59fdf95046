// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.posix.Errno;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An open image, with calls that wait. Buffers are native memory. While the cluster doesn't answer, calls wait for as long as it takes.
 * May be used by several threads until it is closed.
 */
public final class RbdImage implements AutoCloseable {
    private static final int MODE_EXCLUSIVE = 0;

    /** {@code rbd_image_watcher_t}: a pointer and two words. */
    private static final int WATCHER_SIZE = 24;

    private static final int MOST_WATCHERS = 64;

    private final Ceph ceph;
    private final String path;
    private long handle;

    private RbdImage(Ceph ceph, String path, long handle) {
        this.ceph = ceph;
        this.path = path;
        this.handle = handle;
    }

    static RbdImage open(Pool pool, String image, boolean readOnly) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ValueLayout.JAVA_LONG);
            var rbd = pool.ceph.rbd;
            int result = readOnly
                    ? rbd.rbd_open_read_only(pool.handle, image, out.address(), 0)
                    : rbd.rbd_open(pool.handle, image, out.address(), 0);
            Ceph.check(result, pool.path(image));
            return new RbdImage(pool.ceph, pool.path(image), out.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    /** Its size in bytes, as far as this client knows. */
    public long size() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var size = arena.allocate(ValueLayout.JAVA_LONG);
            Ceph.check(ceph.rbd.rbd_get_size(handle, size.address()), path);
            return size.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    public void resize(long bytes) throws IOException {
        Ceph.check(ceph.rbd.rbd_resize(handle, bytes), path);
    }

    /** Fills the buffer; an {@link EOFException} where the image ends before. */
    public void read(long offset, MemorySegment into) throws IOException {
        for (long done = 0; done < into.byteSize(); ) {
            long count = ceph.rbd.rbd_read(handle, offset + done, into.byteSize() - done, into.address() + done);
            if (count < 0 && count != -Errno.EINVAL) {
                throw Ceph.failure(-count, path);
            }
            if (count <= 0) {
                // Behind its end an image refuses to be read.
                throw new EOFException(path + " ends before byte " + (offset + into.byteSize()));
            }
            done += count;
        }
    }

    /** On stable storage after the next {@link #flush}. */
    public void write(long offset, MemorySegment from) throws IOException {
        for (long done = 0; done < from.byteSize(); ) {
            long count = ceph.rbd.rbd_write(handle, offset + done, from.byteSize() - done, from.address() + done);
            if (count < 0) {
                throw Ceph.failure(-count, path);
            }
            done += count;
        }
    }

    /** Likewise with zeros, whatever the granularity of discards is. */
    public void writeZeroes(long offset, long length) throws IOException {
        long result = ceph.wide.writeZeroes(handle, offset, length);
        if (result < 0) {
            throw Ceph.failure(-result, path);
        }
    }

    /** Gives space back; stretches smaller than the cluster's granularity stay as they are. */
    public void discard(long offset, long length) throws IOException {
        Ceph.check(ceph.rbd.rbd_discard(handle, offset, length), path);
    }

    public void flush() throws IOException {
        Ceph.check(ceph.rbd.rbd_flush(handle), path);
    }

    /**
     * Takes the exclusive lock of an image that has the feature. A former owner that the cluster has lost sight of is locked out.
     *
     * @return false if a living client has it
     */
    public boolean lock() throws IOException {
        int result = ceph.rbd.rbd_lock_acquire(handle, MODE_EXCLUSIVE);
        if (result == -Errno.EBUSY || result == -Errno.EROFS) {
            return false;
        }
        Ceph.check(result, path);
        return true;
    }

    /** Whether this client has the lock, as far as it knows. */
    public boolean isLockOwner() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var owner = arena.allocate(ValueLayout.JAVA_INT);
            Ceph.check(ceph.rbd.rbd_is_exclusive_lock_owner(handle, owner.address()), path);
            return owner.get(ValueLayout.JAVA_INT, 0) != 0;
        }
    }

    /** How many clients have the image open for writing, as far as the cluster hasn't lost sight of them. */
    public int watchers() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var watchers = arena.allocate(MOST_WATCHERS * WATCHER_SIZE, Long.BYTES);
            var count = arena.allocateFrom(ValueLayout.JAVA_LONG, MOST_WATCHERS);
            int result = ceph.rbd.rbd_watchers_list(handle, watchers.address(), count.address());
            if (result == -Errno.ERANGE) {
                return MOST_WATCHERS;
            }
            Ceph.check(result, path);
            long found = count.get(ValueLayout.JAVA_LONG, 0);
            ceph.rbd.rbd_watchers_list_cleanup(watchers.address(), found);
            return (int) found;
        }
    }

    /** What was written is flushed; the lock is given back. */
    @Override
    public synchronized void close() throws IOException {
        if (handle != 0) {
            long closing = handle;
            handle = 0;
            Ceph.check(ceph.rbd.rbd_close(closing), path);
        }
    }
}
