// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import java.util.function.IntToLongFunction;

/** Sorts indices: by a merge sort, because index and key together don't fit a long for every disk. */
public final class IndexSort {
    private IndexSort() {}

    /** The indices below {@code size} by ascending key; equal keys keep their order. */
    public static int[] order(int size, IntToLongFunction key) {
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
