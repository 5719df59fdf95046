// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;

/** Where a ring's parts lie, as addresses of the frontend's (vhost-user.rst, "A vring address description"). */
public final class VringAddress {
    public static final long INDEX = 0;
    public static final long FLAGS = 4;
    public static final long DESCRIPTORS = 8;
    public static final long USED = 16;
    public static final long AVAILABLE = 24;
    public static final long LOG = 32;
    public static final int SIZE = 40;

    private VringAddress() {}

    public static int index(MemorySegment payload) {
        return payload.get(Native.U32, INDEX);
    }

    public static long descriptors(MemorySegment payload) {
        return payload.get(Native.U64, DESCRIPTORS);
    }

    public static long used(MemorySegment payload) {
        return payload.get(Native.U64, USED);
    }

    public static long available(MemorySegment payload) {
        return payload.get(Native.U64, AVAILABLE);
    }

    /** The flags and the log address, for dirty logging, are zero. */
    public static MemorySegment of(int index, long descriptors, long used, long available) {
        MemorySegment payload = MemorySegment.ofArray(new byte[SIZE]);
        payload.set(Native.U32, INDEX, index);
        payload.set(Native.U64, DESCRIPTORS, descriptors);
        payload.set(Native.U64, USED, used);
        payload.set(Native.U64, AVAILABLE, available);
        return payload;
    }
}
