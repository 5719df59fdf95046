// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Blocks of 4 KiB whose whole content follows from a stamp, so that a torn or foreign block shows. Stamp 0 is a block of zeros. */
final class Block {
    static final int SIZE = 4096;
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;

    private Block() {}

    static void fill(MemorySegment memory, long at, long stamp) {
        for (int i = 0; i < SIZE; i += Long.BYTES) {
            memory.set(WORD, at + i, word(stamp, i));
        }
    }

    /** The stamp of a block, or -1 if no stamp has this content. */
    static long stamp(MemorySegment memory, long at) {
        long stamp = memory.get(WORD, at);
        for (int i = 0; i < SIZE; i += Long.BYTES) {
            if (memory.get(WORD, at + i) != word(stamp, i)) {
                return -1;
            }
        }
        return stamp;
    }

    private static long word(long stamp, int at) {
        return at == 0 || stamp == 0 ? stamp : mix(stamp + at);
    }

    /** The finalizer of SplitMix64. */
    static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
