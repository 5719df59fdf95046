// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What {@code statfs(2)} says of the file system that an open file lies on. */
public final class FileSystem {
    private static final long TMPFS_MAGIC = 0x01021994;
    private static final long SIZE_OF_STATFS = 120;

    private FileSystem() {}

    /** Whether the file lies in memory, so that reading and writing it never waits for a device. */
    public static boolean isMemory(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statfs = arena.allocate(SIZE_OF_STATFS, 8);
            return Libc.C.fstatfs(fd, Libc.pointer(statfs.address())) == 0
                    && statfs.get(ValueLayout.JAVA_LONG, 0) == TMPFS_MAGIC;
        }
    }
}
