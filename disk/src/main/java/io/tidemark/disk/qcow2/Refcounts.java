// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The entries of refcount blocks, of 1 to 64 bits (qcow2.txt, "Host cluster management"). Those narrower than a byte fill it from
 * its lowest bit on.
 */
final class Refcounts {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** Where a refcount block lies, in an entry of the refcount table. */
    static final long BLOCK_OFFSET = ~511L;

    private Refcounts() {}

    /** How many clusters a block counts the references of. */
    static long perBlock(int clusterBits, int order) {
        return 1L << clusterBits + 3 - order;
    }

    /**
     * A cluster's refcount, as an unsigned number.
     *
     * @param order an entry has two to this many bits
     */
    static long get(MemorySegment block, int order, long index) {
        return switch (order) {
            case 0, 1, 2 ->
                block.get(ValueLayout.JAVA_BYTE, byteOf(order, index)) >>> shift(order, index) & mask(order);
            case 3 -> block.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case 4 -> Short.toUnsignedLong(block.get(SHORT, index * Short.BYTES));
            case 5 -> Integer.toUnsignedLong(block.get(INT, index * Integer.BYTES));
            default -> block.get(LONG, index * Long.BYTES);
        };
    }

    /** @param value no more than an entry can hold */
    static void set(MemorySegment block, int order, long index, long value) {
        switch (order) {
            case 0, 1, 2 -> {
                long at = byteOf(order, index);
                int shift = shift(order, index);
                int others = block.get(ValueLayout.JAVA_BYTE, at) & ~(mask(order) << shift);
                block.set(ValueLayout.JAVA_BYTE, at, (byte) (others | (int) value << shift));
            }
            case 3 -> block.set(ValueLayout.JAVA_BYTE, index, (byte) value);
            case 4 -> block.set(SHORT, index * Short.BYTES, (short) value);
            case 5 -> block.set(INT, index * Integer.BYTES, (int) value);
            default -> block.set(LONG, index * Long.BYTES, value);
        }
    }

    /** The byte of a block that an entry begins in. */
    static long byteOf(int order, long index) {
        return index << order >>> 3;
    }

    private static int shift(int order, long index) {
        return (int) (index << order & Byte.SIZE - 1);
    }

    private static int mask(int order) {
        return (1 << (1 << order)) - 1;
    }
}
