// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The payload of GET_INFLIGHT_FD and SET_INFLIGHT_FD (vhost-user.rst, "Inflight description"). */
public final class InflightDescription {
    public static final long MMAP_SIZE = 0;
    public static final long MMAP_OFFSET = 8;
    public static final long QUEUES = 16;
    public static final long QUEUE_SIZE = 18;
    public static final int MIN_SIZE = 20;

    /** QEMU sends the structure with its padding. */
    public static final int MAX_SIZE = 24;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;

    private InflightDescription() {}

    public static long mmapSize(MemorySegment payload) {
        return payload.get(Native.U64, MMAP_SIZE);
    }

    public static long mmapOffset(MemorySegment payload) {
        return payload.get(Native.U64, MMAP_OFFSET);
    }

    public static int queues(MemorySegment payload) {
        return Short.toUnsignedInt(payload.get(U16, QUEUES));
    }

    public static int queueSize(MemorySegment payload) {
        return Short.toUnsignedInt(payload.get(U16, QUEUE_SIZE));
    }

    public static MemorySegment of(long mmapSize, long mmapOffset, int queues, int queueSize) {
        MemorySegment payload = MemorySegment.ofArray(new byte[MAX_SIZE]);
        payload.set(Native.U64, MMAP_SIZE, mmapSize);
        payload.set(Native.U64, MMAP_OFFSET, mmapOffset);
        payload.set(U16, QUEUES, (short) queues);
        payload.set(U16, QUEUE_SIZE, (short) queueSize);
        return payload;
    }
}
