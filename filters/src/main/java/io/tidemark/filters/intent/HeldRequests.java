// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

/** The ids of a loop's requests that wait for the map, in their order. Each is in here once at the most. By the loop only. */
public final class HeldRequests {
    private final int[] ids;
    private int first;
    private int count;

    /** @param requests one more than the highest id */
    public HeldRequests(int requests) {
        this.ids = new int[requests];
    }

    public int count() {
        return count;
    }

    public void add(int id) {
        ids[(first + count++) % ids.length] = id;
    }

    public int remove() {
        int id = ids[first];
        first = (first + 1) % ids.length;
        count--;
        return id;
    }
}
