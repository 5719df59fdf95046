// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/**
 * How an image divides its disk, in shifts. Tables are cached in <em>slices</em>, pages of an L2 table; the mapping is
 * told for <em>units</em>, clusters or, with extended L2 entries, subclusters.
 *
 * @param clusterBits a cluster has two to this many bytes
 * @param entryShift an L2 entry likewise
 * @param sliceBytesShift a slice likewise
 * @param unitShift a unit likewise
 */
record Layout(int clusterBits, int entryShift, int sliceBytesShift, int unitShift) {
    private static final int PAGE_SHIFT = 12;

    static Layout of(Header header) {
        return new Layout(
                header.clusterBits(),
                L2Entry.shift(header.extended()),
                Math.min(PAGE_SHIFT, header.clusterBits()),
                header.extended() ? header.clusterBits() - L2Entry.SUBCLUSTER_SHIFT : header.clusterBits());
    }

    /** How much of the disk a slice maps. */
    int sliceShift() {
        return sliceBytesShift - entryShift + clusterBits;
    }

    /** How much of the disk an L2 table maps. */
    int tableShift() {
        return clusterBits - entryShift + clusterBits;
    }

    /** Where in its L2 table the slice begins that maps a place of the disk, in bytes. */
    long sliceInTable(long offset) {
        return ((offset >>> sliceShift()) & (1L << tableShift() - sliceShift()) - 1) << sliceBytesShift;
    }

    /** Where in its slice the entry lies that maps a place of the disk, in bytes. */
    int entryInSlice(long offset) {
        return (int) (offset >>> clusterBits & (1L << sliceBytesShift - entryShift) - 1) << entryShift;
    }

    boolean extended() {
        return unitShift != clusterBits;
    }

    int sliceBytes() {
        return 1 << sliceBytesShift;
    }

    long cluster() {
        return 1L << clusterBits;
    }
}
