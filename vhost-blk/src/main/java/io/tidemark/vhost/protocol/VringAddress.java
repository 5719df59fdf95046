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

    /** VHOST_VRING_F_LOG: what is written into the used ring is marked, at the log address. */
    public static final int F_LOG = 1;

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

    public static boolean isLogged(MemorySegment payload) {
        return (payload.get(Native.U32, FLAGS) & F_LOG) != 0;
    }

    /** The guest address by which the used ring is marked. */
    public static long log(MemorySegment payload) {
        return payload.get(Native.U64, LOG);
    }

    /** Of a ring that is not logged. */
    public static MemorySegment of(int index, long descriptors, long used, long available) {
        MemorySegment payload = MemorySegment.ofArray(new byte[SIZE]);
        payload.set(Native.U32, INDEX, index);
        payload.set(Native.U64, DESCRIPTORS, descriptors);
        payload.set(Native.U64, USED, used);
        payload.set(Native.U64, AVAILABLE, available);
        return payload;
    }

    /** Of a ring that is logged. */
    public static MemorySegment logged(int index, long descriptors, long used, long available, long log) {
        MemorySegment payload = of(index, descriptors, used, available);
        payload.set(Native.U32, FLAGS, F_LOG);
        payload.set(Native.U64, LOG, log);
        return payload;
    }
}
