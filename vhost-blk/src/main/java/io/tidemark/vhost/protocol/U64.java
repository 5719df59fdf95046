// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;

/** A payload of one number (vhost-user.rst, "A single 64-bit integer"). */
public final class U64 {
    public static final int SIZE = 8;

    private U64() {}

    public static long get(MemorySegment payload) {
        return payload.get(Native.U64, 0);
    }

    public static MemorySegment of(long value) {
        MemorySegment payload = MemorySegment.ofArray(new byte[SIZE]);
        payload.set(Native.U64, 0, value);
        return payload;
    }
}
