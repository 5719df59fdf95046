// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;

/** The payload of SET_LOG_BASE: where the bitmap lies in the file that comes along (vhost-user.rst, "Log description"). */
public final class LogDescription {
    public static final long MMAP_SIZE = 0;
    public static final long MMAP_OFFSET = 8;
    public static final int SIZE = 16;

    private LogDescription() {}

    public static long mmapSize(MemorySegment payload) {
        return payload.get(Native.U64, MMAP_SIZE);
    }

    public static long mmapOffset(MemorySegment payload) {
        return payload.get(Native.U64, MMAP_OFFSET);
    }

    public static MemorySegment of(long mmapSize, long mmapOffset) {
        MemorySegment payload = MemorySegment.ofArray(new byte[SIZE]);
        payload.set(Native.U64, MMAP_SIZE, mmapSize);
        payload.set(Native.U64, MMAP_OFFSET, mmapOffset);
        return payload;
    }
}
