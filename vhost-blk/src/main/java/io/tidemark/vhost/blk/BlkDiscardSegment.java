// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** struct virtio_blk_discard_write_zeroes, little endian, at any alignment (virtio 1.3, 5.2.6). */
public final class BlkDiscardSegment {
    public static final long SECTOR = 0;
    public static final long NUM_SECTORS = 8;
    public static final long FLAGS = 12;
    public static final int SIZE = 16;

    /** In the flags: a write-zeroes may give the space back. All other bits are reserved, and refused. */
    public static final int UNMAP = 1;

    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private BlkDiscardSegment() {}

    /** Where the range begins, in sectors: any 64-bit value. */
    public static long sector(MemorySegment data, long at) {
        return data.get(LE64, at + SECTOR);
    }

    /** How long the range is, in sectors. */
    public static long sectors(MemorySegment data, long at) {
        return Integer.toUnsignedLong(data.get(LE32, at + NUM_SECTORS));
    }

    public static int flags(MemorySegment data, long at) {
        return data.get(LE32, at + FLAGS);
    }

    public static void put(MemorySegment data, long at, long sector, int sectors, int flags) {
        data.set(LE64, at + SECTOR, sector);
        data.set(LE32, at + NUM_SECTORS, sectors);
        data.set(LE32, at + FLAGS, flags);
    }
}
