// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What {@code statfs(2)} says of the file system that an open file lies on.
 *
 * @param type its magic number (linux/magic.h)
 * @param blockSize the unit in which it keeps files, in bytes
 */
public record FileSystem(long type, long blockSize) {
    private static final long TMPFS_MAGIC = 0x01021994;
    private static final long HUGETLBFS_MAGIC = 0x958458f6L;

    /** struct statfs begins with f_type and f_bsize, a word each, on all 64-bit Linux. */
    private static final long TYPE = 0;

    private static final long BLOCK_SIZE = 8;
    private static final long SIZE = 128;

    /** Asks the kernel; where it doesn't say, the file system is like any other. */
    public static FileSystem of(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statfs = arena.allocate(SIZE, Long.BYTES);
            if (Libc.C.fstatfs(fd, Libc.pointer(statfs.address())) != 0) {
                return new FileSystem(0, NativeMemory.PAGE);
            }
            return new FileSystem(
                    statfs.get(ValueLayout.JAVA_LONG, TYPE), statfs.get(ValueLayout.JAVA_LONG, BLOCK_SIZE));
        }
    }

    /** Whether files lie in memory, so that reading and writing them never waits for a device. */
    public boolean isMemory() {
        return type == TMPFS_MAGIC;
    }

    /** The unit in which files can be mapped, in bytes: the huge page on hugetlbfs, else {@link NativeMemory#PAGE}. */
    public long mappingUnit() {
        return type == HUGETLBFS_MAGIC ? blockSize : NativeMemory.PAGE;
    }
}
