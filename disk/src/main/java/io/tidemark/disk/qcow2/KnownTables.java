// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Where an image's header and tables lie, to see that nothing else is put there. A table that is made later is
 * added; none is ever taken away. Used by any thread.
 */
final class KnownTables {
    private final int clusterBits;
    private long l1First;
    private long l1Last;
    private final PlaceSet l2;
    private PlaceSet blocks = new PlaceSet(new long[0]);
    private long refcountsFirst;
    private long refcountsLast;

    /** By the L1 table as it was read. */
    KnownTables(Header header, MemorySegment l1) {
        this.clusterBits = header.clusterBits();
        this.l1First = header.l1Offset() >>> clusterBits;
        this.l1Last = header.l1Offset() + Math.max(1, header.l1Bytes()) - 1 >>> clusterBits;
        long[] all = new long[(int) (l1.byteSize() / Long.BYTES)];
        int count = 0;
        for (long at = 0; at < l1.byteSize(); at += Long.BYTES) {
            long place = L1Entry.offset(BigEndian.u64(l1, at));
            if (place != 0) {
                all[count++] = place >>> clusterBits;
            }
        }
        this.l2 = new PlaceSet(Arrays.copyOf(all, count));
        refcountTableMoved(header.refcountOffset(), header.refcountClusters() << clusterBits);
    }

    /** The refcount table lies there. */
    synchronized void refcountTableMoved(long place, long bytes) {
        refcountsFirst = place >>> clusterBits;
        refcountsLast = place + bytes - 1 >>> clusterBits;
    }

    /**
     * All refcount blocks that there are.
     *
     * @param clusters they lie in these
     * @throws Malformed where another table, or two of them, lie in one
     */
    synchronized void blocks(long[] clusters) {
        blocks = new PlaceSet(new long[0]);
        long[] sorted = clusters.clone();
        Arrays.sort(sorted);
        for (int i = 0; i < sorted.length; i++) {
            if (contains(sorted[i]) || i > 0 && sorted[i] == sorted[i - 1]) {
                throw new Malformed("a refcount block lies in cluster " + sorted[i] + ", where another table lies");
            }
        }
        blocks = new PlaceSet(sorted);
    }

    /** A refcount block has been made at a place. */
    synchronized void addBlock(long place) {
        blocks.add(place >>> clusterBits);
    }

    /** An L2 table has been made at a place. */
    synchronized void add(long place) {
        l2.add(place >>> clusterBits);
    }

    /** The L1 table lies elsewhere. */
    synchronized void l1Moved(long place, long bytes) {
        l1First = place >>> clusterBits;
        l1Last = place + bytes - 1 >>> clusterBits;
    }

    /** Whether any table, or the header, lies in the cluster. */
    synchronized boolean contains(long cluster) {
        return isNoL2Table(cluster) || l2.contains(cluster);
    }

    /** Whether a table of another kind, or the header, lies in the cluster. */
    synchronized boolean isNoL2Table(long cluster) {
        return cluster == 0
                || cluster >= l1First && cluster <= l1Last
                || cluster >= refcountsFirst && cluster <= refcountsLast
                || blocks.contains(cluster);
    }

    /** Whether an L2 entry of these lets a guest write where a table lies. */
    synchronized boolean areNamedBy(MemorySegment entries) {
        for (long at = 0; at < entries.byteSize(); at += Long.BYTES) {
            long entry = BigEndian.u64(entries, at);
            if (!L2Entry.isCompressed(entry)
                    && L2Entry.offset(entry) != 0
                    && contains(L2Entry.offset(entry) >>> clusterBits)) {
                return true;
            }
        }
        return false;
    }
}
