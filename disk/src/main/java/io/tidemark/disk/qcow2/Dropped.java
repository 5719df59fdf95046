// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/**
 * A part of the file that had a reference which is no more: to each cluster that it lies in.
 *
 * @param place where it begins, in bytes
 * @param length how long it is
 */
record Dropped(long place, long length) {
    /** What an entry named before it was replaced; of no length if that was nothing. */
    static Dropped of(long entry, int clusterBits) {
        if (L2Entry.isCompressed(entry)) {
            long begin = L2Entry.compressedOffset(entry, clusterBits);
            return new Dropped(begin, L2Entry.compressedEnd(entry, clusterBits) - begin);
        }
        long place = L2Entry.offset(entry);
        return new Dropped(place, place == 0 ? 0 : 1L << clusterBits);
    }
}
