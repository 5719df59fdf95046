// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;

/** The payload of SET_MEM_TABLE (vhost-user.rst, "Multiple memory regions description"). */
public final class RegionTable {
    public static final long COUNT = 0;
    public static final long REGIONS = 8;
    public static final int MAX_REGIONS = 8;
    public static final int MIN_SIZE = 8;
    public static final int MAX_SIZE = MIN_SIZE + MAX_REGIONS * RegionDescription.SIZE;

    private RegionTable() {}

    public static int count(MemorySegment payload) {
        return payload.get(Native.U32, COUNT);
    }

    /** Where a region's description begins. */
    public static long region(int index) {
        return REGIONS + (long) index * RegionDescription.SIZE;
    }

    /** A table whose regions are yet to be put. */
    public static MemorySegment of(int count) {
        MemorySegment payload = MemorySegment.ofArray(new byte[(int) region(count)]);
        payload.set(Native.U32, COUNT, count);
        return payload;
    }
}
