// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.EventFd;
import io.tidemark.disk.posix.NativeMemory;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongToIntFunction;

/**
 * An open image, with calls that wait. Buffers are native memory. While the cluster doesn't answer, calls wait for as long as it takes.
 * May be used by several threads until it is closed.
 */
public final class RbdImage implements AutoCloseable {
    private static final int MODE_EXCLUSIVE = 0;

    /** {@code rbd_image_watcher_t}: a pointer and two words. */
    private static final int WATCHER_SIZE = 24;

    private static final int MOST_WATCHERS = 64;

    /** An exclusive lock has one. */
    private static final int MOST_OWNERS = 8;

    /** Room for theirs, in bytes. */
    private static final int MOST_ADDRESSES = 4096;

    /** {@code rbd_image_info_t}, with room for what later versions add, and a field in it. */
    private static final long INFO_SIZE = 256;

    private static final long OBJECT_SIZE = 8;

    private static final int MOST_NOTE = 4096;

    /** {@code RBD_MAX_BLOCK_NAME_SIZE} and more, which an id is shorter than. */
    private static final int MOST_ID = 64;

    /** {@code EVENT_TYPE_EVENTFD}. */
    private static final int NOTIFY_BY_EVENTFD = 2;

    private final Ceph ceph;
    private final String path;
    private long handle;

    private RbdImage(Ceph ceph, String path, long handle) {
        this.ceph = ceph;
        this.path = path;
        this.handle = handle;
    }

    static RbdImage open(Pool pool, String image) throws IOException {
        return opened(pool, pool.path(image), out -> pool.ceph.rbd.rbd_open(pool.handle, image, out, 0));
    }

    static RbdImage openReadOnly(Pool pool, String image, Optional<String> snapshot) throws IOException {
        String path = pool.path(image) + snapshot.map(name -> "@" + name).orElse("");
        return opened(
                pool, path, out -> pool.ceph.rbd.rbd_open_read_only(pool.handle, image, out, snapshot.orElse(null)));
    }

    private static RbdImage opened(Pool pool, String path, LongToIntFunction call) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ValueLayout.JAVA_LONG);
            Ceph.check(call.applyAsInt(out.address()), path);
            return new RbdImage(pool.ceph, path, out.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    /** For calls that aren't here. */
    long handle() {
        return handle;
    }

    /** What no other image of its pool and namespace has. */
    String id() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var id = arena.allocate(MOST_ID);
            Ceph.check(ceph.rbd.rbd_get_id(handle, id.address(), MOST_ID), path);
            return id.getString(0);
        }
    }

    /** What it was made with, or has been given since. */
    Set<RbdFeature> features() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var bits = arena.allocate(ValueLayout.JAVA_LONG);
            Ceph.check(ceph.rbd.rbd_get_features(handle, bits.address()), path);
            return RbdFeature.of(bits.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    /** How large the objects are that it lies in, in bytes. */
    long objectSize() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var info = arena.allocate(INFO_SIZE, Long.BYTES);
            Ceph.check(ceph.rbd.rbd_stat(handle, info.address(), INFO_SIZE), path);
            return info.get(ValueLayout.JAVA_LONG, OBJECT_SIZE);
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

    /** Gives the lock back; the image stays open. */
    void unlock() throws IOException {
        Ceph.check(ceph.rbd.rbd_lock_release(handle), path);
    }

    /** Who has the lock, living or dead, as the cluster knows clients: an address and a number. Asks the cluster. */
    Optional<String> lockOwner() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var mode = arena.allocate(ValueLayout.JAVA_INT);
            var owners = arena.allocate(ValueLayout.JAVA_LONG, MOST_OWNERS);
            var count = arena.allocateFrom(ValueLayout.JAVA_LONG, MOST_OWNERS);
            int result = ceph.rbd.rbd_lock_get_owners(handle, mode.address(), owners.address(), count.address());
            if (result == -Errno.ENOENT) {
                return Optional.empty();
            }
            Ceph.check(result, path);
            long found = count.get(ValueLayout.JAVA_LONG, 0);
            if (found == 0) {
                return Optional.empty();
            }
            String owner = NativeMemory.ALL.getString(owners.get(ValueLayout.JAVA_LONG, 0));
            ceph.rbd.rbd_lock_get_owners_cleanup(owners.address(), found);
            return Optional.of(owner);
        }
    }

    /** Likewise, for who has opened it to be read; as it was when it was opened, or later. */
    Optional<String> lockOwnerSeen() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var addresses = arena.allocate(MOST_ADDRESSES);
            int result = ceph.wide.listLockers(handle, arena, addresses, MOST_ADDRESSES);
            if (result == -Errno.ENOENT) {
                return Optional.empty();
            }
            Ceph.check(result, path);
            return result == 0 ? Optional.empty() : Optional.of(addresses.getString(0));
        }
    }

    /** Takes the lock from a client, living or dead, which the cluster locks out: nothing of it reaches an image any more. */
    void breakLock(String owner) throws IOException {
        int result = ceph.rbd.rbd_lock_break(handle, MODE_EXCLUSIVE, owner);
        if (result != -Errno.ENOENT) {
            Ceph.check(result, path);
        }
    }

    /** What is kept under a name beside the image's content. */
    Optional<String> note(String key) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var value = arena.allocate(MOST_NOTE);
            var length = arena.allocateFrom(ValueLayout.JAVA_LONG, MOST_NOTE);
            int result = ceph.rbd.rbd_metadata_get(handle, key, value.address(), length.address());
            if (result == -Errno.ENOENT || result == -Errno.ERANGE) {
                return Optional.empty();
            }
            Ceph.check(result, path);
            return Optional.of(value.getString(0));
        }
    }

    void note(String key, String value) throws IOException {
        Ceph.check(ceph.rbd.rbd_metadata_set(handle, key, value), path);
    }

    /** Tells what of a range holds data; see {@link WideCalls#diffIterate}. */
    void diffIterate(long offset, long length, MemorySegment callback) throws IOException {
        int result = ceph.wide.diffIterate(handle, offset, length, callback);
        if (result != -Errno.ECANCELED) {
            Ceph.check(result, path);
        }
    }

    /** Has completions be told by an eventfd from now on; see {@link AioCalls#poll}. */
    void notify(EventFd signal) throws IOException {
        Ceph.check(ceph.rbd.rbd_set_image_notification(handle, signal.fd(), NOTIFY_BY_EVENTFD), path);
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
