// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

/** {@code struct io_uring_cqe} (uapi/linux/io_uring.h). */
final class CompletionEntry {
    static final int SIZE = 16;
    static final long USER_DATA = 0;
    static final long RESULT = 8;
    static final long FLAGS = 12;
    static final int F_MORE = 1 << 1;

    private CompletionEntry() {}
}
