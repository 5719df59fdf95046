// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** An image's header, its L1 table, and the slices of its L2 tables that are in memory. Used by all loops. */
final class Tables {
    /** More slices than any disk has that can be filled; a directory of them takes a GiB where all of it is used. */
    private static final long MAX_SLICES = 1L << 28;

    private static final VarHandle L1 = BigEndian.LONG.varHandle();

    private volatile Header header;
    private final Layout layout;
    private final MemorySegment l1;
    private final L2Cache cache;

    /** Null where the image isn't written to. */
    private volatile Space space;

    /** The file may name another L1 table than this one. */
    private volatile boolean unsure;

    /** What they became when the disk was made larger; null if it was not. */
    private volatile Tables successor;

    /**
     * @param cacheBytes how much memory slices may take
     * @throws Refused where the disk has more slices than can be told apart
     */
    Tables(Header header, long cacheBytes) {
        this.header = header;
        this.layout = Layout.of(header);
        long slices = (header.size() - 1 >>> layout.sliceShift()) + 1;
        if (slices > MAX_SLICES) {
            throw new Refused(
                    "has a disk of " + header.size() + " bytes, more than can be served with clusters of "
                            + layout.cluster(),
                    "convert it to larger clusters, with qemu-img convert -o cluster_size=2M");
        }
        this.l1 = NativeMemory.anonymous(Math.max(Long.BYTES, header.l1Bytes()), Arena.ofAuto());
        this.cache = new L2Cache(slices, layout.sliceBytesShift(), cacheBytes);
    }

    Header header() {
        return header;
    }

    Layout layout() {
        return layout;
    }

    L2Cache cache() {
        return cache;
    }

    /** Where clusters come from; of an image that is written to. */
    Space space() {
        return space;
    }

    /** Before anybody uses the tables. */
    void space(Space found) {
        space = found;
    }

    /** The file may name another L1 table, with the same entries: none may be added. */
    void unsure() {
        unsure = true;
    }

    boolean isUnsure() {
        return unsure;
    }

    /** Before anybody uses the tables: where the L1 table lies. */
    void l1Moved(long place) {
        header = header.withL1At(place);
    }

    /** By the owner of the cache: it goes on with others, which have the same entries. */
    void successor(Tables others) {
        successor = others;
    }

    /** These, or what they became. */
    Tables latest() {
        Tables now = this;
        while (now.successor != null) {
            now = now.successor;
        }
        return now;
    }

    /** The L1 table as it lies in the image, to be filled before anybody looks for anything. */
    MemorySegment l1() {
        return l1.asSlice(0, header.l1Bytes());
    }

    /** Where the L2 table lies that maps a place of the disk; 0 where there is none. */
    long tableOf(long offset) {
        // Acquire: who sets it has made the table before.
        return L1Entry.offset(l1Entry(offset));
    }

    /** By the owner of the cache: an L2 table was made. */
    void setTable(long offset, long place) {
        // Release: pairs with tableOf.
        L1.setRelease(l1, (offset >>> layout.tableShift()) * Long.BYTES, place | L1Entry.COPIED);
    }

    /** The L1 entry that maps a place of the disk. */
    long l1Entry(long offset) {
        return (long) L1.getAcquire(l1, (offset >>> layout.tableShift()) * Long.BYTES);
    }

    /** Where the slice lies in the image that maps a place of a disk whose L2 table is there. */
    long sliceAt(long offset) {
        return tableOf(offset) + layout.sliceInTable(offset);
    }
}
