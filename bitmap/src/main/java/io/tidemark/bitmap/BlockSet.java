// SPDX-License-Identifier: Apache-2.0
package io.tidemark.bitmap;

import java.util.PrimitiveIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * A set of a disk's blocks, all of one size. Ranges are rounded outwards to whole blocks when they are added.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class BlockSet {
    /** Told of a run of blocks, in bytes. */
    @FunctionalInterface
    public interface RangeConsumer {
        void accept(long offset, long length);
    }

    private final int blockSize;
    private final RoaringBitmap blocks = new RoaringBitmap();

    /** @param blockSize in bytes */
    public BlockSet(int blockSize) {
        if (blockSize <= 0) {
            throw new IllegalArgumentException("block size " + blockSize + " is not positive");
        }
        this.blockSize = blockSize;
    }

    /** Adds every block that the range touches. */
    public void add(long offset, long length) {
        if (length > 0) {
            blocks.add(offset / blockSize, (offset + length - 1) / blockSize + 1);
        }
    }

    /** Adds all blocks of another set of the same block size. */
    public void addAll(BlockSet other) {
        if (other.blockSize != blockSize) {
            throw new IllegalArgumentException("block sizes differ: " + blockSize + " and " + other.blockSize);
        }
        blocks.or(other.blocks);
    }

    public boolean isEmpty() {
        return blocks.isEmpty();
    }

    public void clear() {
        blocks.clear();
    }

    /** Visits the runs of neighbouring blocks in ascending order. */
    public void forEachRange(RangeConsumer visitor) {
        PrimitiveIterator.OfInt all = blocks.stream().iterator();
        long from = -1;
        long to = -1;
        while (all.hasNext()) {
            long block = Integer.toUnsignedLong(all.nextInt());
            if (block != to) {
                if (from >= 0) {
                    visitor.accept(from * blockSize, (to - from) * blockSize);
                }
                from = block;
            }
            to = block + 1;
        }
        if (from >= 0) {
            visitor.accept(from * blockSize, (to - from) * blockSize);
        }
    }
}
