// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Open file description locks (fcntl(2), F_OFD_SETLK) on stretches of a file.
 *
 * <p>Unlike the locks of {@link java.nio.channels.FileChannel} they exclude others of the same process too, and are not lost when
 * somebody else in the process closes the file. The kernel drops them when the description is closed, by whatever death.
 */
public final class OfdLock {
    /** As a length: up to the end of the file, however long it grows. */
    public static final long TO_END = 0;

    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;

    /** Offsets in {@code struct flock} on 64-bit Linux. */
    private static final long TYPE = 0;

    private static final long START = 8;
    private static final long LENGTH = 16;
    private static final long SIZE = 32;

    private OfdLock() {}

    /** Takes a lock beside which others may have shared ones; returns 0, or an errno: EAGAIN or EACCES where it is refused. */
    public static int shared(int fd, long start, long length) {
        return set(fd, F_RDLCK, start, length);
    }

    /** Takes a lock beside which nobody has one; returns 0, or an errno: EAGAIN or EACCES where it is refused. */
    public static int exclusive(int fd, long start, long length) {
        return set(fd, F_WRLCK, start, length);
    }

    /** Gives up what this description has locked there. */
    public static void release(int fd, long start, long length) {
        set(fd, F_UNLCK, start, length);
    }

    /** Whether another description has a lock of any kind there. Takes nothing. */
    public static boolean isTaken(int fd, long start, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = flock(arena, F_WRLCK, start, length);
            return Libc.C.fcntl(fd, F_OFD_GETLK, Libc.pointer(lock.address())) == 0
                    && lock.get(ValueLayout.JAVA_SHORT, TYPE) != F_UNLCK;
        }
    }

    private static int set(int fd, short type, long start, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = flock(arena, type, start, length);
            return Libc.C.fcntl(fd, F_OFD_SETLK, Libc.pointer(lock.address())) == 0 ? 0 : Libc.errno();
        }
    }

    private static MemorySegment flock(Arena arena, short type, long start, long length) {
        MemorySegment lock = arena.allocate(SIZE, Long.BYTES);
        lock.set(ValueLayout.JAVA_SHORT, TYPE, type);
        lock.set(ValueLayout.JAVA_LONG, START, start);
        lock.set(ValueLayout.JAVA_LONG, LENGTH, length);
        return lock;
    }
}
