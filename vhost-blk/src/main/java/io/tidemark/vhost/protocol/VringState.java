// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;

/** A ring and a number about it (vhost-user.rst, "A vring state description"). */
public final class VringState {
    public static final long INDEX = 0;
    public static final long NUM = 4;
    public static final int SIZE = 8;

    private VringState() {}

    public static int index(MemorySegment payload) {
        return payload.get(Native.U32, INDEX);
    }

    public static int num(MemorySegment payload) {
        return payload.get(Native.U32, NUM);
    }

    public static MemorySegment of(int index, int num) {
        MemorySegment payload = MemorySegment.ofArray(new byte[SIZE]);
        payload.set(Native.U32, INDEX, index);
        payload.set(Native.U32, NUM, num);
        return payload;
    }
}
