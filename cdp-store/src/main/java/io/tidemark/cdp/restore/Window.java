// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.cdp.read.IndexSort;
import io.tidemark.cdp.read.PastView;
import java.util.Arrays;

/** Extents of a stretch of the disk, in the order in which their content lies in the store. 28 bytes each. */
final class Window {
    /** How much of the disk one may span: what is done of it is told in 32 bits of sectors. */
    static final long LONGEST = 1L << 40;

    private static final int SECTOR = 512;

    /** Takes ranges that are zero. */
    @FunctionalInterface
    interface Zeros {
        void accept(long offset, long length);
    }

    private final int limit;
    private long[] offsets = new long[1024];
    private int[] sectors = new int[1024];
    private long[] places = new long[1024];
    private int[] order;
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
        order = IndexSort.order(size, i -> places[i]);
    }

    int size() {
        return size;
    }

    /** Where the next window begins. */
    long end() {
        return end;
    }

    /** In the order of the store. */
    long offset(int index) {
        return offsets[order[index]];
    }

    long length(int index) {
        return (long) sectors[order[index]] * SECTOR;
    }

    /** The first extent behind {@code from} that can begin a task: enough is before it, and no block is torn apart. */
    int taskEnd(int from, long bytes) {
        long sum = 0;
        int at = from;
        while (at < size && (sum < bytes || places[order[at]] == places[order[at - 1]])) {
            sum += length(at++);
        }
        return at;
    }
}
