// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Numbers and strings as they lie in an image: "All numbers in qcow2 are stored in Big Endian byte order". */
final class BigEndian {
    /** An aligned 64-bit word. */
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.BIG_ENDIAN);

    private static final ValueLayout.OfInt ANY_INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong ANY_LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private BigEndian() {}

    static long u32(MemorySegment segment, long at) {
        return Integer.toUnsignedLong(segment.get(ANY_INT, at));
    }

    static long u64(MemorySegment segment, long at) {
        return segment.get(ANY_LONG, at);
    }

    static String text(MemorySegment segment, long at, long length) {
        return new String(segment.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }
}
