// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/**
 * Finds out where a stretch of the disk lies. Each loop has its own, and reads it behind each {@link #find}; nothing is
 * allocated.
 */
final class Piece {
    /** Where bytes of the disk are. */
    enum Sort {
        /** In the image, or its data file, as they are. */
        DATA,
        /** Likewise, but somebody else may refer to them, too: they aren't to be written in place. */
        SHARED,
        /** Nowhere; they are zeros. */
        ZERO,
        /** In the backing file. */
        UNALLOCATED,
        /** In the image, compressed. */
        COMPRESSED,
        /** Not told: the slice that says it isn't in memory. */
        MISSING,
        /** Not told: the slice says something that can't be. */
        MALFORMED
    }

    /** Entries of 16 bytes have their subclusters here. */
    private static final int SUBCLUSTERS = Long.BYTES;

    private Sort sort = Sort.MISSING;
    private long length;
    private long place;

    /** What the unit that was looked at last is. */
    private long unitPlace;

    Sort sort() {
        return sort;
    }

    /** How many bytes it is, at least 1; of none that is missing. */
    long length() {
        return length;
    }

    /** Of data, where it lies; of a compressed cluster, its L2 entry. */
    long place() {
        return place;
    }

    /**
     * Looks at the disk from {@code offset} on, and no further than {@code end}. What it finds may go on behind its length.
     */
    void find(Tables tables, long offset, long end) {
        Layout layout = tables.layout();
        if (tables.tableOf(offset) == 0) {
            sort = Sort.UNALLOCATED;
            length = Math.min(end, nextMultiple(offset, layout.tableShift())) - offset;
            return;
        }
        long slice = offset >>> layout.sliceShift();
        L2Cache cache = tables.cache();
        int slot = cache.slotOf(slice);
        sort = Sort.MISSING;
        if (slot < 0) {
            return;
        }
        long stamp = cache.stamp(slot);
        if (!L2Cache.holds(stamp, slice)) {
            return;
        }
        look(tables, slot, offset, Math.min(end, nextMultiple(offset, layout.sliceShift())));
        if (cache.held(slot, stamp)) {
            cache.use(slot);
        } else {
            sort = Sort.MISSING;
        }
    }

    /** Also right for the last stretch of the largest disk. */
    private static long nextMultiple(long offset, int shift) {
        return shift >= Long.SIZE - 1 ? Long.MAX_VALUE : (offset >>> shift) + 1 << shift;
    }

    private void look(Tables tables, int slot, long offset, long end) {
        int unitShift = tables.layout().unitShift();
        sort = unit(tables, slot, offset);
        place = unitPlace;
        if (sort == Sort.COMPRESSED || sort == Sort.MALFORMED) {
            length = Math.min(end, nextMultiple(offset, tables.layout().clusterBits())) - offset;
            return;
        }
        long at = nextMultiple(offset, unitShift);
        while (at < end
                && unit(tables, slot, at) == sort
                && (sort != Sort.DATA && sort != Sort.SHARED || unitPlace == place + (at - offset))) {
            at += 1L << unitShift;
        }
        length = Math.min(end, at) - offset;
    }

    private Sort unit(Tables tables, int slot, long offset) {
        Layout layout = tables.layout();
        long at = layout.entryInSlice(offset);
        long entry = tables.cache().word(slot, at);
        if (L2Entry.isCompressed(entry)) {
            unitPlace = entry;
            return tables.header().externalData() ? Sort.MALFORMED : Sort.COMPRESSED;
        }
        if (layout.extended()) {
            long subclusters = tables.cache().word(slot, at + SUBCLUSTERS);
            int subcluster = (int) (offset >>> layout.unitShift()) & (1 << L2Entry.SUBCLUSTER_SHIFT) - 1;
            boolean zero = L2Entry.isZero(subclusters, subcluster);
            if (!L2Entry.isAllocated(subclusters, subcluster)) {
                return zero ? Sort.ZERO : Sort.UNALLOCATED;
            }
            return zero ? Sort.MALFORMED : data(tables, entry, offset);
        }
        if (L2Entry.isZero(entry)) {
            return tables.header().version() == 2 ? Sort.MALFORMED : Sort.ZERO;
        }
        if (L2Entry.offset(entry) == 0 && !isFirstOfDataFile(tables, entry)) {
            return Sort.UNALLOCATED;
        }
        return data(tables, entry, offset);
    }

    /** Only in a data file of its own the disk's first cluster can lie at 0. */
    private static boolean isFirstOfDataFile(Tables tables, long entry) {
        return tables.header().externalData() && L2Entry.isCopied(entry);
    }

    private Sort data(Tables tables, long entry, long offset) {
        long inCluster = offset & tables.layout().cluster() - 1;
        long host = L2Entry.offset(entry);
        unitPlace = host + inCluster;
        boolean possible = tables.header().externalData()
                ? host == offset - inCluster
                : host != 0 && (host & tables.layout().cluster() - 1) == 0;
        if (!possible) {
            return Sort.MALFORMED;
        }
        return L2Entry.isCopied(entry) ? Sort.DATA : Sort.SHARED;
    }
}
