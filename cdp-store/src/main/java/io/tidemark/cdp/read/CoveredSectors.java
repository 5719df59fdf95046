// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import java.util.BitSet;

/** Which sectors of a disk a newer record has already settled. One bit per sector where it is mixed, none where it isn't. */
final class CoveredSectors {
    /** Takes a run of sectors that were not covered before. */
    @FunctionalInterface
    interface RunConsumer {
        void accept(long first, long end);
    }

    private static final int CHUNK = 1 << 17;
    private static final BitSet FULL = new BitSet();

    private final BitSet[] chunks;
    private final int[] counts;
    private long left;

    CoveredSectors(long sectors) {
        chunks = new BitSet[Math.toIntExact((sectors + CHUNK - 1) / CHUNK)];
        counts = new int[chunks.length];
        left = sectors;
    }

    boolean isComplete() {
        return left == 0;
    }

    /** Covers a range, and gives the parts of it that were not covered. */
    void cover(long first, long end, RunConsumer consumer) {
        for (long at = first; at < end; ) {
            int chunk = (int) (at / CHUNK);
            long base = (long) chunk * CHUNK;
            long stop = Math.min(end, base + CHUNK);
            if (chunks[chunk] != FULL) {
                cover(chunk, base, (int) (at - base), (int) (stop - base), consumer);
            }
            at = stop;
        }
    }

    private void cover(int chunk, long base, int first, int end, RunConsumer consumer) {
        if (chunks[chunk] == null) {
            chunks[chunk] = new BitSet(CHUNK);
        }
        var bits = chunks[chunk];
        for (int from = bits.nextClearBit(first); from < end; ) {
            int to = bits.nextSetBit(from);
            to = to < 0 || to > end ? end : to;
            bits.set(from, to);
            counts[chunk] += to - from;
            left -= to - from;
            consumer.accept(base + from, base + to);
            from = bits.nextClearBit(to);
        }
        if (counts[chunk] == CHUNK) {
            chunks[chunk] = FULL;
        }
    }
}
