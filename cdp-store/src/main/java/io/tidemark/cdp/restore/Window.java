// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.cdp.read.IndexSort;
import io.tidemark.cdp.read.PastView;
import java.util.Arrays;

/**
 * Extents of a stretch of the disk, in its order; and those of blocks whose extents lie far apart, in the order of the store. 28 bytes
 * each. Where an extent's content is found may be changed by the thread that has the extent in hand.
 */
final class Window {
    /** How much of the disk one may span: what is done of it is told in 32 bits of sectors. */
    static final long LONGEST = 1L << 40;

    private static final int SECTOR = 512;
    /** A block whose extents span more of the disk is scattered: others are read when the disk's order comes by them. */
    private static final long NEAR = 1 << 20;
    /** Instead of a place: is on the target. Other negative places are the complement of one in the spill. */
    private static final long WRITTEN = Long.MIN_VALUE;

    /** Takes ranges that are zero. */
    @FunctionalInterface
    interface Zeros {
        void accept(long offset, long length);
    }

    private final int limit;
    private long[] offsets = new long[1024];
    private int[] sectors = new int[1024];
    private long[] places = new long[1024];
    private int[] scattered;
    private int size;
    private long end;

    Window(int limit) {
        this.limit = limit;
    }

    /** Collects what is not done yet from {@code from} on, until there are enough. */
    static Window collect(PastView view, Headway headway, int limit, Zeros zeros) {
        var window = new Window(limit);
        long from = headway.upTo();
        long to = Math.min(view.capacity(), from + LONGEST);
        window.end = from;
        boolean[] full = {false};
        view.forEachData(from, to, (offset, length, place) -> {
            if (window.size == limit) {
                full[0] = true;
                return false;
            }
            window.zeroUntil(offset, zeros);
            if (!headway.contains(offset, length)) {
                window.add(offset, length, place);
            }
            window.end = offset + length;
            return true;
        });
        if (!full[0]) {
            window.zeroUntil(to, zeros);
        }
        window.sort();
        return window;
    }

    /** Collects given parts of the disk. */
    static Window of(PastView view, Iterable<Missing> parts) {
        var window = new Window(Integer.MAX_VALUE);
        for (var part : parts) {
            view.forEachData(part.offset(), part.offset() + part.length(), (offset, length, place) -> {
                window.add(offset, length, place);
                return true;
            });
        }
        window.sort();
        return window;
    }

    private void zeroUntil(long offset, Zeros zeros) {
        if (offset > end) {
            zeros.accept(end, offset - end);
            end = offset;
        }
    }

    private void add(long offset, long length, long place) {
        if (size == offsets.length) {
            int larger = (int) Math.min(limit, size + (size >> 1) + 64L);
            offsets = Arrays.copyOf(offsets, larger);
            sectors = Arrays.copyOf(sectors, larger);
            places = Arrays.copyOf(places, larger);
        }
        offsets[size] = offset;
        sectors[size] = Math.toIntExact(length / SECTOR);
        places[size++] = place;
    }

    private void sort() {
        var byPlace = IndexSort.order(size, i -> places[i]);
        int count = 0;
        for (int from = 0; from < size; ) {
            long begin = Long.MAX_VALUE;
            long last = 0;
            int to = from;
            for (; to < size && places[byPlace[to]] == places[byPlace[from]]; to++) {
                begin = Math.min(begin, offsets[byPlace[to]]);
                last = Math.max(last, offsets[byPlace[to]]);
            }
            if (last - begin > NEAR) {
                System.arraycopy(byPlace, from, byPlace, count, to - from);
                count += to - from;
            }
            from = to;
        }
        scattered = Arrays.copyOf(byPlace, count);
    }

    int size() {
        return size;
    }

    /** Where the next window begins. */
    long end() {
        return end;
    }

    long offset(int index) {
        return offsets[index];
    }

    long length(int index) {
        return (long) sectors[index] * SECTOR;
    }

    int scatteredSize() {
        return scattered.length;
    }

    /** The index of a scattered extent. @param rank its place in the order of the store */
    int scattered(int rank) {
        return scattered[rank];
    }

    void spilled(int index, long at) {
        places[index] = ~at;
    }

    boolean isSpilled(int index) {
        return places[index] < 0 && places[index] != WRITTEN;
    }

    /** Where in the spill the content lies. */
    long spillPlace(int index) {
        return ~places[index];
    }

    /** Nothing more is to be done with it. */
    void written(int index) {
        places[index] = WRITTEN;
    }

    boolean isWritten(int index) {
        return places[index] == WRITTEN;
    }

    /** The first extent behind {@code from} that can begin a task: enough is before it. */
    int taskEnd(int from, long bytes) {
        long sum = 0;
        int at = from;
        while (at < size && sum < bytes) {
            sum += length(at++);
        }
        return at;
    }

    /** Likewise of scattered extents, by their ranks; no block is torn apart. */
    int scatteredTaskEnd(int from, long bytes) {
        long sum = 0;
        int at = from;
        while (at < scattered.length
                && (sum < bytes || places[scattered[at]] >= 0 && places[scattered[at]] == places[scattered[at - 1]])) {
            sum += length(scattered[at++]);
        }
        return at;
    }
}
