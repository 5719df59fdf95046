// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.filters.capture.Capture;
import io.tidemark.filters.intent.IntentMap;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * What a sync still has to read: places whose changes were missed, and the rest of the first pass over the disk.
 *
 * <p>The two are kept apart because of what the history held when it was opened: the first pass may leave out what equals
 * it, for whatever happened to the disk since then was captured. Where changes were missed, or were on their way when capture
 * was put there, it may not: the disk may be back at the old content, while the last change that the history knows is another.
 */
final class SyncPlan {
    /** A stretch of the disk, in bytes. */
    record Range(long offset, long end, boolean missed) {}

    private final long capacity;
    private final Deque<Range> missed = new ArrayDeque<>();
    private final Deque<Range> rest = new ArrayDeque<>();
    private long restBytes;
    private long remaining;
    private long missedBytes;

    /** Of the whole disk. */
    SyncPlan(long capacity) {
        this(capacity, List.of(new IntentMap.Stretch(0, capacity)));
    }

    /** @param first what the first pass is over: ascending, disjoint, not empty */
    SyncPlan(long capacity, List<IntentMap.Stretch> first) {
        this.capacity = capacity;
        for (IntentMap.Stretch stretch : first) {
            rest.add(new Range(stretch.offset(), stretch.end(), false));
            restBytes += stretch.end() - stretch.offset();
        }
        this.remaining = restBytes;
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
        remaining = missedBytes + restBytes;
    }

    boolean isDone() {
        return remaining == 0;
    }

    /** Where to go on reading. */
    Range next() {
        return missed.isEmpty() ? rest.element() : missed.element();
    }

    /** The next range is read up to here. */
    void readUpTo(long end) {
        Range range = next();
        Range left = new Range(end, range.end, range.missed);
        remaining -= end - range.offset;
        if (range.missed) {
            missedBytes -= end - range.offset;
        } else {
            restBytes -= end - range.offset;
        }
        Deque<Range> ranges = range.missed ? missed : rest;
        ranges.remove();
        if (left.offset < left.end) {
            ranges.addFirst(left);
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
