// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

/** {@code struct io_uring_sqe} (uapi/linux/io_uring.h): 64 bytes, written as eight words. */
final class SubmissionEntry {
    static final int SIZE = 64;

    /** opcode u8, flags u8, ioprio u16, fd s32. */
    static final long HEAD = 0;

    static final long OFFSET = 8;
    static final long ADDRESS = 16;

    /** len u32, then the union of the operation's own flags u32. */
    static final long LENGTH_AND_FLAGS = 24;

    static final long USER_DATA = 32;

    /** buf_index, personality, file_index; addr3; padding. Unused by the operations here. */
    static final long REST = 40;

    /** IOSQE_ASYNC, in the head's flags. */
    static final int ASYNC = 1 << 4;

    private SubmissionEntry() {}

    static long head(int opcode, int flags, int fd) {
        return opcode | (long) flags << 8 | (long) fd << 32;
    }

    static long lengthAndFlags(int length, int flags) {
        return Integer.toUnsignedLong(length) | (long) flags << 32;
    }
}
