// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

/**
 * How a disk is divided: regions of one size, a power of two, at least 4 MiB, and so large that there are at most 65536.
 *
 * <p>A region that is written to for the first time makes a request wait for a sync of the map; one that may differ is read
 * at a start behind a crash. 4 MiB is read in about the time that one sync takes, so smaller ones would gain
 * nothing; and 65536 bits are 17 sectors, so no map is too large to be written as a whole.
 */
record Regions(long capacity, int shift, int count) {
    private static final int SMALLEST = 22;
    private static final int MOST = 1 << 16;

    static Regions of(long capacity) {
        int shift = SMALLEST;
        while (capacity - 1 >> shift >= MOST) {
            shift++;
        }
        return new Regions(capacity, shift, (int) ((capacity - 1 >> shift) + 1));
    }

    int at(long offset) {
        return (int) (offset >> shift);
    }

    long begin(int region) {
        return (long) region << shift;
    }

    long end(int region) {
        return Math.min(capacity, (long) (region + 1) << shift);
    }
}
