// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;

/** The payload of ADD_MEM_REG and REM_MEM_REG (vhost-user.rst, "Single memory region description"). */
public final class SingleRegion {
    /** After 8 bytes of padding. */
    public static final long REGION = 8;

    public static final int SIZE = 40;

    private SingleRegion() {}

    public static MemorySegment of(long guest, long bytes, long user, long mmapOffset) {
        MemorySegment payload = MemorySegment.ofArray(new byte[SIZE]);
        RegionDescription.put(payload, REGION, guest, bytes, user, mmapOffset);
        return payload;
    }
}
