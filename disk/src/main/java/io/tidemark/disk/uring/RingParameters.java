// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

/** {@code struct io_uring_params} with its two tables of ring offsets (uapi/linux/io_uring.h). */
final class RingParameters {
    static final int SIZE = 120;
    static final long SQ_ENTRIES = 0;
    static final long CQ_ENTRIES = 4;
    static final long FLAGS = 8;
    static final long FEATURES = 20;

    private static final long SQ_OFFSETS = 40;
    static final long SQ_HEAD = SQ_OFFSETS;
    static final long SQ_TAIL = SQ_OFFSETS + 4;
    static final long SQ_RING_MASK = SQ_OFFSETS + 8;
    static final long SQ_FLAGS = SQ_OFFSETS + 16;
    static final long SQ_ARRAY = SQ_OFFSETS + 24;

    private static final long CQ_OFFSETS = 80;
    static final long CQ_HEAD = CQ_OFFSETS;
    static final long CQ_TAIL = CQ_OFFSETS + 4;
    static final long CQ_RING_MASK = CQ_OFFSETS + 8;
    static final long CQ_CQES = CQ_OFFSETS + 20;

    static final int SETUP_CQSIZE = 1 << 3;
    static final int SETUP_CLAMP = 1 << 4;
    static final int SETUP_SUBMIT_ALL = 1 << 7;
    static final int SETUP_COOP_TASKRUN = 1 << 8;
    static final int SETUP_TASKRUN_FLAG = 1 << 9;
    static final int SETUP_SINGLE_ISSUER = 1 << 12;
    static final int SETUP_DEFER_TASKRUN = 1 << 13;

    static final int FEATURE_SINGLE_MMAP = 1;

    static final long MMAP_RINGS = 0;
    static final long MMAP_SQES = 0x10000000L;

    private RingParameters() {}
}
