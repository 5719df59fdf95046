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
            case 0, 1, 2 -> {
                int bits = 1 << order;
                int perByte = Byte.SIZE / bits;
                int value = block.get(ValueLayout.JAVA_BYTE, index / perByte) & 0xff;
                yield value >>> index % perByte * bits & (1 << bits) - 1;
            }
            case 3 -> block.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case 4 -> Short.toUnsignedLong(block.get(SHORT, index * Short.BYTES));
            case 5 -> BigEndian.u32(block, index * Integer.BYTES);
            default -> BigEndian.u64(block, index * Long.BYTES);
        };
    }
}
