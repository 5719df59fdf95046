// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Tells runs of 4 KiB granules apart: those that are zero, those that hold data, those that are as they were. */
final class Granules {
    static final int SIZE = 4096;

    private static final MemorySegment ZEROS = Arena.global().allocate(SIZE);

    /** What a run of granules is. */
    enum Sort {
        SAME,
        ZERO,
        DATA
    }

    /** Told of the runs in ascending order, without those that are the same. */
    interface Visitor {
        void run(long from, long to, boolean zero);
    }

    private Granules() {}

    /**
     * Visits the runs of what differs.
     *
     * @param now what was read, or null for zeros
     * @param before what the history holds, or null if that isn't known
     */
    static void differences(MemorySegment now, MemorySegment before, long length, Visitor visitor) {
        long from = 0;
        Sort sort = Sort.SAME;
        for (long at = 0; at < length; at += SIZE) {
            Sort here = sortOf(now, before, at, Math.min(length, at + SIZE));
            if (here != sort) {
                tell(visitor, from, at, sort);
                from = at;
                sort = here;
            }
        }
        tell(visitor, from, length, sort);
    }

    private static void tell(Visitor visitor, long from, long to, Sort sort) {
        if (sort != Sort.SAME && to > from) {
            visitor.run(from, to, sort == Sort.ZERO);
        }
    }

    private static Sort sortOf(MemorySegment now, MemorySegment before, long from, long to) {
        boolean zero = now == null || isZero(now, from, to);
        if (before != null) {
            boolean same =
                    zero ? isZero(before, from, to) : MemorySegment.mismatch(now, from, to, before, from, to) == -1;
            if (same) {
                return Sort.SAME;
            }
        }
        return zero ? Sort.ZERO : Sort.DATA;
    }

    private static boolean isZero(MemorySegment bytes, long from, long to) {
        return MemorySegment.mismatch(bytes, from, to, ZEROS, 0, to - from) == -1;
    }
}
