// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Where an image's header, L1 table and L2 tables lie, to see that nothing else is put there. A table that is made later is
 * added; none is ever taken away. Used by any thread.
 */
final class KnownTables {
    private final int clusterBits;
    private long l1First;
    private long l1Last;
    private final PlaceSet l2;

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

    synchronized boolean contains(long cluster) {
        return cluster == 0 || cluster >= l1First && cluster <= l1Last || l2.contains(cluster);
    }
}
