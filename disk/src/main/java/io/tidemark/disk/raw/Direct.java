// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.posix.FileStatus;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What O_DIRECT asks of a file.
 *
 * @param memory what buffer addresses and lengths must be multiples of, in bytes
 * @param offset what offsets and request lengths must be multiples of, in bytes
 */
record Direct(int memory, int offset) {
    /** For a file that is not opened with O_DIRECT. */
    static final Direct NONE = new Direct(1, 1);

    private static final int[] CANDIDATES = {512, 4096};

    /** Asks the kernel, and where it doesn't say (before Linux 6.1, or tmpfs), tries. */
    static Direct of(int fd, FileStatus status) {
        if (status.directMemoryAlignment() > 0 && status.directOffsetAlignment() > 0) {
            return new Direct(status.directMemoryAlignment(), status.directOffsetAlignment());
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(2L * NativeMemory.PAGE, NativeMemory.PAGE);
            for (int candidate : CANDIDATES) {
                if (Libc.C.pread(fd, Libc.pointer(buffer.address() + candidate), candidate, 0) >= 0) {
                    return new Direct(candidate, candidate);
                }
            }
        }
        return new Direct(NativeMemory.PAGE, NativeMemory.PAGE);
    }
}
