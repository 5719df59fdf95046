// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import io.tidemark.cdp.format.BlockHeader;
import java.util.Arrays;

/**
 * Which bytes of a data segment's blocks somebody needs: 8 bytes a stretch. Stretches are added in any order, and may overlap;
 * then they are read in the order of their places. Those that touch are joined; where that is not enough to keep them few, what is needed
 * of a block becomes one stretch, so that some bytes count as needed that aren't. Belongs to one thread.
 */
public final class NeededBytes {
    private static final int SECTOR = 512;
    /** A block has 512 sectors at most: nine bits for the first, ten for the one behind the last. */
    private static final int FIRST_SHIFT = 10;

    private static final int BLOCK_SHIFT = 20;
    private static final long SECTORS = (1 << FIRST_SHIFT) - 1;

    /** From so many on there is only one for each block: twice what a segment has of these. */
    private static final int MOST = 2 * BlockHeader.MAX_IN_SEGMENT;

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
        if (count > 0 && goesOn(block, from)) {
            join(count - 1, (from + length) / SECTOR);
            return;
        }
        if (count == stretches.length) {
            makeRoom();
        }
        long stretch = block << BLOCK_SHIFT | (long) (from / SECTOR) << FIRST_SHIFT | (from + length) / SECTOR;
        sorted &= count == 0 || stretches[count - 1] <= stretch;
        stretches[count++] = stretch;
    }

    /** Whether the last one ends where this begins, or behind. */
    private boolean goesOn(long block, int from) {
        int last = count - 1;
        return block(last) == block && from(last) <= from && from <= to(last);
    }

    private void join(int stretch, long end) {
        long to = Math.max(stretches[stretch] & SECTORS, end);
        stretches[stretch] = stretches[stretch] & ~SECTORS | to;
    }

    private void makeRoom() {
        sort();
        joinThoseWithin(0);
        if (count > MOST) {
            joinThoseWithin(BlockHeader.MAX_RAW);
        }
        if (count > stretches.length / 2) {
            stretches = Arrays.copyOf(stretches, stretches.length + (stretches.length >> 1));
        }
    }

    /** @param gap in bytes */
    private void joinThoseWithin(int gap) {
        int last = 0;
        for (int i = 1; i < count; i++) {
            if (block(i) == block(last) && from(i) <= to(last) + gap) {
                join(last, stretches[i] & SECTORS);
            } else {
                stretches[++last] = stretches[i];
            }
        }
        count = last + 1;
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
