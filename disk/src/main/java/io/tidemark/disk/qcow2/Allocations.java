// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.util.HashMap;
import java.util.Map;

/** A loop's new clusters, by the clusters of the disk that they are for. */
final class Allocations {
    private final Map<Long, Allocation> byCluster = new HashMap<>();

    /** The one that a cluster of the disk belongs to, or null. */
    Allocation of(long cluster) {
        return byCluster.get(cluster);
    }

    /** How many clusters from this one on belong to none; no more than {@code most}. */
    int free(long cluster, int most) {
        int count = 0;
        while (count < most && !byCluster.containsKey(cluster + count)) {
            count++;
        }
        return count;
    }

    void add(Allocation allocation) {
        for (int i = 0; i < allocation.count(); i++) {
            byCluster.put(allocation.cluster() + i, allocation);
        }
    }

    /** Nobody is to join it any more. */
    void remove(Allocation allocation) {
        for (int i = 0; i < allocation.count(); i++) {
            byCluster.remove(allocation.cluster() + i, allocation);
        }
    }
}
