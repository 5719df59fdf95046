// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;

/** One region of guest memory (vhost-user.rst, "Memory region description"), at some place in a payload. */
public final class RegionDescription {
    public static final long GUEST_ADDRESS = 0;
    public static final long BYTES = 8;
    public static final long USER_ADDRESS = 16;
    public static final long MMAP_OFFSET = 24;
    public static final int SIZE = 32;

    private RegionDescription() {}

    public static long guestAddress(MemorySegment payload, long at) {
        return payload.get(Native.U64, at + GUEST_ADDRESS);
    }

    public static long bytes(MemorySegment payload, long at) {
        return payload.get(Native.U64, at + BYTES);
    }

    public static long userAddress(MemorySegment payload, long at) {
        return payload.get(Native.U64, at + USER_ADDRESS);
    }

    public static long mmapOffset(MemorySegment payload, long at) {
        return payload.get(Native.U64, at + MMAP_OFFSET);
    }

    public static void put(MemorySegment payload, long at, long guest, long bytes, long user, long mmapOffset) {
        payload.set(Native.U64, at + GUEST_ADDRESS, guest);
        payload.set(Native.U64, at + BYTES, bytes);
        payload.set(Native.U64, at + USER_ADDRESS, user);
        payload.set(Native.U64, at + MMAP_OFFSET, mmapOffset);
    }
}
