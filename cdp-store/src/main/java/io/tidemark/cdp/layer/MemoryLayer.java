// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import java.util.Arrays;

/** A layer in memory, in columns: 44 bytes an extent. Filled first, then read. */
public final class MemoryLayer implements Layer, ExtentSink {
    private static final int FIRST = 64;

    private long[] offsets = new long[FIRST];
    private long[] lengths = new long[FIRST];
    private long[] numbers = new long[FIRST];
    private int[] segments = new int[FIRST];
    private int[] blocks = new int[FIRST];
    /** The highest bit says that it is whole. */
    private int[] inBlocks = new int[FIRST];

    private int[] checksums = new int[FIRST];
    private int size;

    @Override
    public void add(
            long offset, long length, long number, int segment, long block, int inBlock, boolean whole, int checksum) {
        if (size == offsets.length) {
            grow();
        }
        offsets[size] = offset;
        lengths[size] = length;
        numbers[size] = number;
        segments[size] = segment;
        blocks[size] = Math.toIntExact(block);
        inBlocks[size] = inBlock | (whole ? LayerFormat.WHOLE : 0);
        checksums[size++] = checksum;
    }

    private void grow() {
        int larger = Math.addExact(size, size >> 1);
        offsets = Arrays.copyOf(offsets, larger);
        lengths = Arrays.copyOf(lengths, larger);
        numbers = Arrays.copyOf(numbers, larger);
        segments = Arrays.copyOf(segments, larger);
        blocks = Arrays.copyOf(blocks, larger);
        inBlocks = Arrays.copyOf(inBlocks, larger);
        checksums = Arrays.copyOf(checksums, larger);
    }

    public int size() {
        return size;
    }

    @Override
    public boolean mayHold(long from, long to) {
        int at = firstBehind(from);
        return at < size && offsets[at] < to;
    }

    /** The first extent that ends behind an offset. */
    private int firstBehind(long offset) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (offsets[middle] + lengths[middle] <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public LayerCursor cursor() {
        return new Cursor();
    }

    private final class Cursor implements LayerCursor {
        private int at = -1;

        @Override
        public boolean seek(long offset) {
            at = firstBehind(offset);
            return at < size;
        }

        @Override
        public boolean next() {
            at++;
            return at < size;
        }

        @Override
        public long offset() {
            return offsets[at];
        }

        @Override
        public long end() {
            return offsets[at] + lengths[at];
        }

        @Override
        public long number() {
            return numbers[at];
        }

        @Override
        public int segment() {
            return segments[at];
        }

        @Override
        public long block() {
            return blocks[at];
        }

        @Override
        public int inBlock() {
            return inBlocks[at] & ~LayerFormat.WHOLE;
        }

        @Override
        public boolean isWhole() {
            return (inBlocks[at] & LayerFormat.WHOLE) != 0;
        }

        @Override
        public int checksum() {
            return checksums[at];
        }
    }
}
