// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.filters.capture.Capture;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a sync still has to read: places whose changes were missed, and the rest of the first pass over the disk.
 *
 * <p>The two are kept apart because of what the history held when it was opened: the first pass may leave out what equals
 * it, for whatever happened to the disk since then was captured. Where changes were missed, it may not: the disk may be back
 * at the old content, while the last change that the history knows is another.
 */
final class SyncPlan {
    /** A stretch of the disk, in bytes. */
    record Range(long offset, long end, boolean missed) {}

    private final long capacity;
    private final Deque<Range> missed = new ArrayDeque<>();
    private Range rest;
    private long remaining;
    private long missedBytes;

    SyncPlan(long capacity) {
        this.capacity = capacity;
        this.rest = new Range(0, capacity, false);
        this.remaining = capacity;
    }

    /** Adds what was missed; blocks are cut at the disk's end. */
    void add(BlockSet blocks) {
        BlockSet all = new BlockSet(Capture.DIRTY_BLOCK);
        all.addAll(blocks);
        for (Range range : missed) {
            all.add(range.offset, range.end - range.offset);
        }
        missed.clear();
        missedBytes = 0;
        all.forEachRange((offset, length) -> {
            Range range = new Range(offset, Math.min(capacity, offset + length), true);
            missed.add(range);
            missedBytes += range.end - range.offset;
        });
        remaining = missedBytes + rest.end - rest.offset;
    }

    boolean isDone() {
        return remaining == 0;
    }

    /** Where to go on reading. */
    Range next() {
        return missed.isEmpty() ? rest : missed.element();
    }

    /** The next range is read up to here. */
    void readUpTo(long end) {
        Range range = next();
        Range left = new Range(end, range.end, range.missed);
        remaining -= end - range.offset;
        if (!range.missed) {
            rest = left;
            return;
        }
        missedBytes -= end - range.offset;
        missed.remove();
        if (left.offset < left.end) {
            missed.addFirst(left);
        }
    }

    /** Bytes. */
    long remaining() {
        return remaining;
    }

    /** Bytes of it where changes were missed. */
    long missedBytes() {
        return missedBytes;
    }
}
