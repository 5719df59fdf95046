// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts the references to each cluster of an image's file, and compares them with its refcounts, as {@code qemu-img check}
 * does. Takes four bytes of memory for each cluster of the file.
 */
final class Check implements AutoCloseable {
    private static final int MOST_WORDS = 20;

    /** The subclusters that lie in the image, of the second word of an extended L2 entry. */
    private static final long ALLOCATED = 0xffff_ffffL;

    private static final long MOST_CLUSTERS = 1L << 31;

    private final Arena arena = Arena.ofConfined();
    private final Header header;
    private final int bits;
    private final long capacity;
    private final ImageIo io;

    /** By cluster of the file: how many references were found. */
    private final MemorySegment references;

    private final MemorySegment refcountTable;
    private final MemorySegment block;
    private long blockAt = -1;
    private final List<String> first = new ArrayList<>();
    private long clusters;
    private long leaks;
    private long corruptions;

    /** @throws Refused where counting would take too long */
    Check(Header header, Image container) {
        this.header = header;
        this.bits = header.clusterBits();
        this.capacity = container.geometry().capacity();
        if (header.snapshots() > 0 || (header.autoclear() & Feature.BITMAPS) != 0 || fileClusters() > MOST_CLUSTERS) {
            throw new Refused(
                    "has internal snapshots, bitmaps, or more than two to the 31 clusters, and isn't counted here",
                    "check it with qemu-img check");
        }
        this.io = new ImageIo(container);
        this.references = NativeMemory.anonymous((fileClusters() + 1) * Integer.BYTES, arena);
        this.block = arena.allocate(header.cluster(), NativeMemory.PAGE);
        this.refcountTable = arena.allocate(header.refcountClusters() << bits, NativeMemory.PAGE);
    }

    private long fileClusters() {
        return (capacity - 1 >>> bits) + 1;
    }

    CheckReport run(Tables tables) {
        read(header.refcountOffset(), refcountTable);
        refer("the header", 0, 1);
        refer("the refcount table", header.refcountOffset(), refcountTable.byteSize());
        refer("the L1 table", header.l1Offset(), header.l1Bytes());
        for (long i = 0; i < refcountTable.byteSize(); i += Long.BYTES) {
            long entry = BigEndian.u64(refcountTable, i);
            long offset = entry & Refcounts.BLOCK_OFFSET;
            if ((offset & header.cluster() - 1) != 0 || offset != entry) {
                corrupt("entry " + i / Long.BYTES + " of the refcount table is " + Long.toHexString(entry));
            } else if (offset != 0) {
                refer("a refcount block", offset, header.cluster());
            }
        }
        walk(tables.l1());
        for (long cluster = 0; cluster < fileClusters(); cluster++) {
            long counted = refcount(cluster);
            int found = references.getAtIndex(ValueLayout.JAVA_INT, cluster);
            if (Long.compareUnsigned(counted, found) > 0) {
                leaks++;
            } else if (counted < found) {
                corrupt("cluster " + cluster + " has refcount " + counted + " and " + found + " references");
            }
        }
        return new CheckReport(clusters, leaks, corruptions, List.copyOf(first));
    }

    private void walk(MemorySegment l1) {
        MemorySegment table = arena.allocate(header.cluster(), NativeMemory.PAGE);
        for (long i = 0; i < l1.byteSize(); i += Long.BYTES) {
            long entry = BigEndian.u64(l1, i);
            long offset = L1Entry.offset(entry);
            if (offset != 0) {
                walkTable(entry, offset, table);
            }
        }
    }

    private void walkTable(long l1Entry, long offset, MemorySegment table) {
        String name = "L2 table at " + offset;
        if ((l1Entry & L1Entry.RESERVED) != 0) {
            corrupt(name + ": its L1 entry has reserved bits");
        }
        if ((offset & header.cluster() - 1) != 0) {
            corrupt(name + ": no cluster begins there");
            return;
        }
        if (!refer(name, offset, header.cluster())) {
            return;
        }
        checkCopied(name, l1Entry, offset);
        if (references.getAtIndex(ValueLayout.JAVA_INT, offset >>> bits) > 1) {
            return; // told by its refcount; and tables that all entries name would be read for ever
        }
        read(offset, table);
        walkEntries(table, name);
    }

    private void walkEntries(MemorySegment table, String name) {
        int step = 1 << L2Entry.shift(header.extended());
        for (long at = 0; at < table.byteSize(); at += step) {
            long entry = BigEndian.u64(table, at);
            if (L2Entry.isCompressed(entry)) {
                compressed(entry, name);
            } else {
                standard(entry, name);
            }
            if (header.extended()) {
                subclusters(entry, BigEndian.u64(table, at + Long.BYTES), name);
            }
        }
    }

    private void subclusters(long entry, long subclusters, String name) {
        boolean both = (subclusters & subclusters >>> Integer.SIZE & ALLOCATED) != 0;
        boolean placed = L2Entry.offset(entry) != 0 || header.externalData() && L2Entry.isCopied(entry);
        boolean nowhere = !placed && (subclusters & ALLOCATED) != 0;
        if (L2Entry.isCompressed(entry) ? subclusters != 0 : both || nowhere) {
            corrupt(name + ": impossible subclusters");
        }
    }

    private void compressed(long entry, String name) {
        clusters++;
        if (L2Entry.isCopied(entry)) {
            corrupt(name + ": a compressed cluster counts as one to be written in place");
        }
        long begin = L2Entry.compressedOffset(entry, bits);
        refer(name + ", a compressed cluster", begin, L2Entry.compressedEnd(entry, bits) - begin);
    }

    private void standard(long entry, String name) {
        long offset = L2Entry.offset(entry);
        if ((entry & L2Entry.RESERVED) != 0) {
            corrupt(name + ": an entry has reserved bits");
        }
        if (offset == 0) {
            return;
        }
        clusters++;
        if (header.externalData()) {
            // Clusters of the data file have no refcounts, and each has one reference.
            if (!L2Entry.isCopied(entry)) {
                corrupt(name + ": a cluster of the data file counts as one not to be written in place");
            }
            return;
        }
        if ((offset & header.cluster() - 1) != 0) {
            corrupt(name + ": a cluster at " + offset + ", which is no place of one");
        } else if (refer(name + ", a cluster", offset, header.cluster())) {
            checkCopied(name, entry, offset);
        }
    }

    /** Bit 63 says that the refcount is one. */
    private void checkCopied(String name, long entry, long offset) {
        long counted = refcount(offset >>> bits);
        if (L2Entry.isCopied(entry) != (counted == 1)) {
            corrupt(name + ": bit 63 is " + (entry >>> 63) + ", and cluster " + (offset >>> bits) + " has refcount "
                    + counted);
        }
    }

    /** @return whether they can be there */
    private boolean refer(String what, long offset, long length) {
        if (offset < 0 || offset >>> bits >= fileClusters() || length > capacity + header.cluster() - offset) {
            corrupt(what + " lies at " + offset + ", behind the end of the file");
            return false;
        }
        long last = Math.min(offset + Math.max(1, length) - 1 >>> bits, fileClusters() - 1);
        for (long cluster = offset >>> bits; cluster <= last; cluster++) {
            references.setAtIndex(
                    ValueLayout.JAVA_INT, cluster, references.getAtIndex(ValueLayout.JAVA_INT, cluster) + 1);
        }
        return true;
    }

    private long refcount(long cluster) {
        long perBlock = Refcounts.perBlock(bits, header.refcountOrder());
        long entry = cluster / perBlock * Long.BYTES;
        if (entry >= refcountTable.byteSize()) {
            return 0;
        }
        long offset = BigEndian.u64(refcountTable, entry) & Refcounts.BLOCK_OFFSET;
        if (offset == 0 || offset < 0 || offset >>> bits >= fileClusters()) {
            return 0;
        }
        if (offset != blockAt) {
            read(offset, block);
            blockAt = offset;
        }
        return Refcounts.get(block, header.refcountOrder(), cluster % perBlock);
    }

    private void read(long offset, MemorySegment into) {
        long there = Math.clamp(capacity - offset, 0, into.byteSize()) / Geometry.SECTOR * Geometry.SECTOR;
        if (there > 0) {
            io.read(offset, into.asSlice(0, there));
        }
        into.asSlice(there).fill((byte) 0);
    }

    private void corrupt(String what) {
        corruptions++;
        if (first.size() < MOST_WORDS) {
            first.add(what);
        }
    }

    @Override
    public void close() {
        io.close();
        arena.close();
    }
}
