// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/** A queue's part of the memory that outlives the backend (vhost-user.rst, "Inflight I/O tracking"); the fields, for split rings. */
public final class InflightLayout {
    static final long VERSION = 8;
    static final long DESCRIPTORS = 10;
    static final long LAST_BATCH_HEAD = 12;
    static final long USED_INDEX = 14;
    static final long STATES = 16;

    /** In each descriptor's state. */
    static final long INFLIGHT = 0;

    static final long NEXT = 6;
    static final long COUNTER = 8;
    static final long STATE_SIZE = 16;

    static final short CURRENT = 1;

    /** Each queue's part begins in a cache line of its own. */
    private static final long ALIGN = 64;

    private InflightLayout() {}

    /** From one queue's part to the next one's, in bytes. */
    public static long stride(int queueSize, boolean packed) {
        long bytes = packed ? PackedInflightLayout.bytes(queueSize) : STATES + queueSize * STATE_SIZE;
        return Math.ceilDiv(bytes, ALIGN) * ALIGN;
    }
}
