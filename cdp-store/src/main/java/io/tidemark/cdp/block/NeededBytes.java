// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import io.tidemark.cdp.format.BlockHeader;
import java.util.Arrays;

/**
 * Which bytes of a data segment's blocks somebody needs: 8 bytes a stretch. Stretches are added in any order, and may overlap;
 * then they are read in the order of their places. Belongs to one thread.
 */
public final class NeededBytes {
    private static final int SECTOR = 512;
    /** A block has 512 sectors at most: nine bits for the first, ten for the one behind the last. */
    private static final int FIRST_SHIFT = 10;

    private static final int BLOCK_SHIFT = 20;
    private static final long SECTORS = (1 << FIRST_SHIFT) - 1;

    private long[] stretches = new long[64];
    private int count;
    private boolean sorted = true;

    /**
     * @param block where the block begins in the segment as it was written
     * @param from in the unpacked block, in bytes; a multiple of 512, as is the length
     */
    public void add(long block, int from, int length) {
        if (((from | length) & SECTOR - 1) != 0 || from < 0 || length <= 0 || from > BlockHeader.MAX_RAW - length) {
            throw new IllegalArgumentException("bytes " + from + " to " + (from + (long) length) + " of a block");
        }
        if (count == stretches.length) {
            stretches = Arrays.copyOf(stretches, count + (count >> 1));
        }
        long stretch = block << BLOCK_SHIFT | (long) (from / SECTOR) << FIRST_SHIFT | (from + length) / SECTOR;
        sorted &= count == 0 || stretches[count - 1] <= stretch;
        stretches[count++] = stretch;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    int count() {
        return count;
    }

    void sort() {
        if (!sorted) {
            Arrays.sort(stretches, 0, count);
            sorted = true;
        }
    }

    long block(int stretch) {
        return stretches[stretch] >>> BLOCK_SHIFT;
    }

    int from(int stretch) {
        return (int) (stretches[stretch] >>> FIRST_SHIFT & SECTORS) * SECTOR;
    }

    int to(int stretch) {
        return (int) (stretches[stretch] & SECTORS) * SECTOR;
    }
}
