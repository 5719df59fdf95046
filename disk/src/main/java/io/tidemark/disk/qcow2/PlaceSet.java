// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Clusters by their numbers: many that were there from the beginning, and some that were added. */
final class PlaceSet {
    private final long[] found;
    private final Set<Long> added = new HashSet<>();

    /** @param found the set's from now on, in any order */
    PlaceSet(long[] found) {
        Arrays.sort(found);
        this.found = found;
    }

    void add(long cluster) {
        added.add(cluster);
    }

    boolean contains(long cluster) {
        return Arrays.binarySearch(found, cluster) >= 0 || added.contains(cluster);
    }
}
