// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.oracle;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sectors whose whole content follows from a stamp, so that a torn or foreign one shows. Stamp 0 is a sector of zeros. Every other
 * stamp's content can be compressed to an eighth at best, or hardly, by its lowest bit.
 */
final class Stamp {
    static final int SECTOR = 512;
    /** No stamp has this content. */
    static final long NONE = -1;

    private static final int FOREIGN_BYTES = 64;
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;

    private Stamp() {}

    static void fill(MemorySegment memory, long at, long stamp) {
        for (int i = 0; i < SECTOR; i += Long.BYTES) {
            memory.set(WORD, at + i, word(stamp, i));
        }
    }

    /** The stamp of a sector, or {@link #NONE}. */
    static long at(MemorySegment memory, long at) {
        long stamp = memory.get(WORD, at);
        for (int i = 0; i < SECTOR; i += Long.BYTES) {
            if (memory.get(WORD, at + i) != word(stamp, i)) {
                return NONE;
            }
        }
        return stamp;
    }

    private static long word(long stamp, int at) {
        if (at == 0 || stamp == 0) {
            return stamp;
        }
        return (stamp & 1) == 0 && at >= FOREIGN_BYTES ? stamp : mix(stamp + at);
    }

    /** The finalizer of SplitMix64. */
    static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
