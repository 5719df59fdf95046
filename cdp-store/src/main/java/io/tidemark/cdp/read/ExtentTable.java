// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import java.util.Arrays;
import java.util.function.IntToLongFunction;

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
        int[] order = order(i -> offsets[i] / PastView.SECTOR);
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

    /** The extents with content in the order in which their blocks lie in the store. */
    int[] inPlaceOrder() {
        // Blocks are appended in the order of their records.
        int[] order = order(i -> records[i] + 1L);
        int zeros = 0;
        while (zeros < size && records[order[zeros]] < 0) {
            zeros++;
        }
        return Arrays.copyOfRange(order, zeros, size);
    }

    /** The indices by ascending key: a merge sort, because index and key together don't fit a long for every disk. */
    private int[] order(IntToLongFunction key) {
        long[] keys = new long[size];
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            keys[i] = key.applyAsLong(i);
            order[i] = i;
        }
        int[] merged = new int[size];
        for (long run = 1; run < size; run *= 2) {
            for (long low = 0; low < size; low += 2 * run) {
                merge(keys, order, merged, (int) low, (int) Math.min(low + run, size), (int)
                        Math.min(low + 2 * run, size));
            }
            int[] spare = order;
            order = merged;
            merged = spare;
        }
        return order;
    }

    private static void merge(long[] keys, int[] from, int[] to, int low, int middle, int high) {
        int left = low;
        int right = middle;
        for (int i = low; i < high; i++) {
            boolean takeLeft = right == high || left < middle && keys[from[left]] <= keys[from[right]];
            to[i] = takeLeft ? from[left++] : from[right++];
        }
    }
}
