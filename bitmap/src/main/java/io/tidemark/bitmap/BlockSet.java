// SPDX-License-Identifier: Apache-2.0
package io.tidemark.bitmap;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.roaringbitmap.RoaringBitmap;

/**
 * A set of equal blocks of a disk: dirty blocks, blocks still to be read.
 *
 * <p>Ranges are given in bytes and rounded outwards to whole blocks when added, inwards when removed; so what
 * comes out may reach beyond the disk's end by less than a block. Not thread-safe: it belongs to one thread at a time.
 */
public final class BlockSet {
    /** Takes a run of blocks, in bytes. */
    @FunctionalInterface
    public interface RangeConsumer {
        void accept(long offset, long length);
    }

    private static final long MAX_BLOCKS = 1L << 32;

    private final int shift;
    private final RoaringBitmap blocks = new RoaringBitmap();

    /**
     * An empty set. It reaches to 2^32 blocks.
     *
     * @param blockSize in bytes, a power of two
     */
    public BlockSet(int blockSize) {
        if (Integer.bitCount(blockSize) != 1 || blockSize < 0) {
            throw new IllegalArgumentException("block size " + blockSize + " is not a power of two");
        }
        this.shift = Integer.numberOfTrailingZeros(blockSize);
    }

    /**
     * A set from its {@link #toBytes}.
     *
     * @throws IllegalArgumentException if they are no set's
     */
    public static BlockSet fromBytes(int blockSize, byte[] bytes) {
        var set = new BlockSet(blockSize);
        boolean valid;
        try {
            set.blocks.deserialize(ByteBuffer.wrap(bytes));
            valid = set.blocks.serializedSizeInBytes() == bytes.length && set.blocks.validate();
        } catch (IOException | RuntimeException _) {
            valid = false; // Roaring tells of wrong bytes by many exceptions
        }
        if (!valid) {
            throw new IllegalArgumentException(bytes.length + " bytes that are no set of blocks");
        }
        return set;
    }

    /** The set's blocks in the portable format of Roaring bitmaps, as small as it gets. */
    public byte[] toBytes() {
        blocks.runOptimize();
        var bytes = ByteBuffer.allocate(blocks.serializedSizeInBytes());
        blocks.serialize(bytes);
        return bytes.array();
    }

    public int blockSize() {
        return 1 << shift;
    }

    /** Adds every block that the range touches. */
    public void add(long offset, long length) {
        check(offset, length);
        if (length > 0) {
            blocks.add(offset >>> shift, end(offset + length));
        }
    }

    /** Removes every block that lies wholly in the range. */
    public void remove(long offset, long length) {
        check(offset, length);
        long first = end(offset);
        long last = (offset + length) >>> shift;
        if (first < last) {
            blocks.remove(first, last);
        }
    }

    /** Whether every block that the range touches is in the set. */
    public boolean contains(long offset, long length) {
        check(offset, length);
        return length == 0 || blocks.contains(offset >>> shift, end(offset + length));
    }

    /** Whether any block that the range touches is in the set. */
    public boolean intersects(long offset, long length) {
        check(offset, length);
        return length > 0 && blocks.intersects(offset >>> shift, end(offset + length));
    }

    public void addAll(BlockSet other) {
        if (other.shift != shift) {
            throw new IllegalArgumentException("block sizes differ: " + blockSize() + " and " + other.blockSize());
        }
        blocks.or(other.blocks);
    }

    public void clear() {
        blocks.clear();
    }

    public boolean isEmpty() {
        return blocks.isEmpty();
    }

    /** How many bytes the set's blocks have. */
    public long cardinalityBytes() {
        return blocks.getLongCardinality() << shift;
    }

    /** Gives every maximal run of blocks in ascending order. The set must not be changed meanwhile. */
    public void forEachRange(RangeConsumer consumer) {
        long first = blocks.nextValue(0);
        while (first >= 0) {
            long last = blocks.nextAbsentValue((int) first);
            last = last < 0 ? MAX_BLOCKS : last;
            consumer.accept(first << shift, (last - first) << shift);
            first = last == MAX_BLOCKS ? -1 : blocks.nextValue((int) last);
        }
    }

    private long end(long offset) {
        return (offset + blockSize() - 1) >>> shift;
    }

    private void check(long offset, long length) {
        if (offset < 0 || length < 0 || offset > (MAX_BLOCKS << shift) - length) {
            throw new IllegalArgumentException(
                    "range " + offset + "+" + length + " is beyond 2^32 blocks of " + blockSize());
        }
    }
}
