// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/**
 * New clusters in a row that a loop is writing to, for clusters of the disk in a row, and that no entry names yet, or not for
 * long. Whoever writes to one of them meanwhile joins in. Confined to its loop.
 */
final class Allocation {
    private final long cluster;
    private final long place;
    private final int count;
    private final int begun;
    private int users;

    /**
     * @param cluster the number of the first cluster of the disk
     * @param place where the first one lies in the image
     * @param begun when it began, as {@link Grace} counts it: as long as somebody writes there, nobody else may be given the place
     */
    Allocation(long cluster, long place, int count, int begun) {
        this.cluster = cluster;
        this.place = place;
        this.count = count;
        this.begun = begun;
    }

    long cluster() {
        return cluster;
    }

    int begun() {
        return begun;
    }

    int count() {
        return count;
    }

    /** Where a cluster of the disk lies that is one of these. */
    long placeOf(long number, int clusterBits) {
        return place + (number - cluster << clusterBits);
    }

    void join() {
        users++;
    }

    /** @return whether nobody is left */
    boolean leave() {
        return --users == 0;
    }
}
