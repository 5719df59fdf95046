// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Little-endian fields at any address, and the checksum of the format. */
public final class Le {
    public static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    public static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    public static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    public static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Le() {}

    /** CRC-32C (Castagnoli; RFC 3720, B.4) of a range. */
    public static int crc32c(MemorySegment bytes, long from, long length) {
        var crc = new CRC32C();
        crc.update(bytes.asSlice(from, length).asByteBuffer());
        return (int) crc.getValue();
    }
}
