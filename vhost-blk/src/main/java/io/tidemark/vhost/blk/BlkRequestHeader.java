// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The head of struct virtio_blk_req, little endian, at any alignment (virtio 1.3, 5.2.6). */
public final class BlkRequestHeader {
    public static final long TYPE = 0;
    public static final long RESERVED = 4;
    public static final long SECTOR = 8;
    public static final int SIZE = 16;

    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private BlkRequestHeader() {}

    /** One of {@link BlkRequestType}, or any other value. */
    public static int type(MemorySegment header, long at) {
        return header.get(LE32, at + TYPE);
    }

    /** Where the request begins, in sectors of 512 bytes: any 64-bit value. */
    public static long sector(MemorySegment header, long at) {
        return header.get(LE64, at + SECTOR);
    }

    public static void put(MemorySegment header, long at, int type, long sector) {
        header.set(LE32, at + TYPE, type);
        header.set(LE32, at + RESERVED, 0);
        header.set(LE64, at + SECTOR, sector);
    }
}
