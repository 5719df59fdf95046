// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import java.util.Arrays;
import java.util.List;

/**
 * Layers on top of each other, as one: of each place of the disk the newest layer that knows it. A layer is looked into only where no
 * newer one covers the place, and its set of granules doesn't rule it out. Belongs to one thread.
 *
 * <p>The extents are cut where a newer layer covers them, so a piece may be less than its record.
 */
public final class LayerStack implements LayerCursor {
    private static final long UNKNOWN = -1;

    private final Layer[] layers;
    private final LayerCursor[] cursors;
    /** Where each cursor's extent begins and ends; a begin of MAX_VALUE: there is none before the limit; UNKNOWN: not looked yet. */
    private final long[] begins;

    private final long[] ends;
    private long limit;
    private int winner;
    private long offset;
    private long end;

    /** @param newestFirst the layers; they stay the caller's, who closes them */
    public LayerStack(List<? extends Layer> newestFirst) {
        layers = newestFirst.toArray(new Layer[0]);
        cursors = new LayerCursor[layers.length];
        for (int i = 0; i < layers.length; i++) {
            cursors[i] = layers[i].cursor();
        }
        begins = new long[layers.length];
        ends = new long[layers.length];
    }

    @Override
    public boolean seek(long from) {
        return seek(from, Long.MAX_VALUE);
    }

    /** Likewise for a range: nothing that begins at {@code to} or behind is looked for, and what goes beyond is cut there. */
    public boolean seek(long from, long to) {
        limit = to;
        Arrays.fill(begins, UNKNOWN);
        Arrays.fill(ends, 0);
        return find(from);
    }

    @Override
    public boolean next() {
        return find(end);
    }

    private boolean find(long from) {
        long at = from;
        while (at < limit) {
            long until = limit;
            for (int i = 0; i < layers.length; i++) {
                if (ends[i] <= at && begins[i] != Long.MAX_VALUE) {
                    look(i, at);
                }
                if (begins[i] <= at) {
                    winner = i;
                    offset = at;
                    end = Math.min(until, ends[i]);
                    return true;
                }
                until = Math.min(until, begins[i]);
            }
            at = until;
        }
        return false;
    }

    private void look(int i, long at) {
        var cursor = cursors[i];
        boolean near = begins[i] != UNKNOWN && cursor.next();
        if (begins[i] == UNKNOWN || near && cursor.end() <= at) {
            near = layers[i].mayHold(at, limit) && cursor.seek(at);
        }
        if (near && cursor.offset() < limit) {
            begins[i] = cursor.offset();
            ends[i] = cursor.end();
        } else {
            begins[i] = Long.MAX_VALUE;
        }
    }

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public long number() {
        return cursors[winner].number();
    }

    @Override
    public int segment() {
        return cursors[winner].segment();
    }

    @Override
    public long block() {
        return cursors[winner].block();
    }

    @Override
    public int inBlock() {
        return isZero() ? 0 : cursors[winner].inBlock() + (int) (offset - begins[winner]);
    }

    @Override
    public boolean isWhole() {
        return offset == begins[winner] && end == ends[winner] && cursors[winner].isWhole();
    }

    @Override
    public int checksum() {
        return cursors[winner].checksum();
    }

    /** The extent that the present one is a part of, as its layer has it. */
    public LayerCursor uncut() {
        return cursors[winner];
    }
}
