// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import java.util.Arrays;

/** Extents in columns: 16 bytes each. */
final class ExtentTable {
    private long[] offsets = new long[64];
    private int[] sectors = new int[64];
    private int[] records = new int[64];
    private int size;

    /** @param record the record that holds the content, or -1 for zeros */
    void add(long offset, int count, int record) {
        if (size == offsets.length) {
            int larger = Math.addExact(size, Math.max(size >> 1, 64));
            offsets = Arrays.copyOf(offsets, larger);
            sectors = Arrays.copyOf(sectors, larger);
            records = Arrays.copyOf(records, larger);
        }
        offsets[size] = offset;
        sectors[size] = count;
        records[size++] = record;
    }

    int size() {
        return size;
    }

    long offset(int index) {
        return offsets[index];
    }

    long length(int index) {
        return (long) sectors[index] * PastView.SECTOR;
    }

    int record(int index) {
        return records[index];
    }

    void sortByOffset() {
        int[] order = IndexSort.order(size, i -> offsets[i]);
        var sorted = new ExtentTable();
        sorted.offsets = new long[size];
        sorted.sectors = new int[size];
        sorted.records = new int[size];
        for (int i : order) {
            sorted.add(offsets[i], sectors[i], records[i]);
        }
        offsets = sorted.offsets;
        sectors = sorted.sectors;
        records = sorted.records;
    }
}
