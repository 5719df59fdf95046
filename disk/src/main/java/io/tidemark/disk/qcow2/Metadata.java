// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the thread {@code IMAGE metadata} does: it owns the cached slices of an image's L2 tables, and reads for the loops what
 * they can't read themselves. It alone changes L2 tables and the L1 table.
 */
final class Metadata implements Means {
    private static final Logger LOG = LoggerFactory.getLogger(Metadata.class);
    private static final int SECTOR = 512;

    /** No extent is looked for in more than so many pieces: the caller asks again. */
    private static final int MOST_PIECES = 1024;

    private final String name;
    private final Image container;

    /** Null without a backing file. */
    private final Image backing;

    private final ParallelIo io;
    private final Changes changes;
    private final Inflation inflation = new Inflation();
    private final Piece piece = new Piece();

    /** Made for the first compressed cluster: room for one that is compressed badly, and for what it gives. */
    private MemorySegment compressed;

    private MemorySegment inflated;

    /** What lies in {@link #inflated}: the cluster of this entry. */
    private Tables inflatedOf;

    private long inflatedEntry;
    private boolean said;

    /** Made for the first copy of what lies in the backing file. */
    private ParallelIo backingIo;

    Metadata(String name, Image container, Image backing) {
        this.name = name;
        this.container = container;
        this.backing = backing;
        this.io = new ParallelIo(container);
        this.changes = new Changes(this, io, new Copying(this, io));
    }

    /** Has something changed, soon; those who wait for it are told on their loops. */
    void change(Change change) {
        changes.add(change);
    }

    /** See {@link Growth#to}. */
    Tables grow(Tables tables, long size, long cacheBytes) {
        changes.settle();
        return new Growth(container, tables, cacheBytes).to(size);
    }

    @Override
    public long rest() {
        changes.settle();
        return FOREVER;
    }

    /** Brings the slice that maps a place of the disk into memory. @return 0, or a negative errno */
    int load(Tables tables, long offset) {
        long slice = offset >>> tables.layout().sliceShift();
        L2Cache cache = tables.cache();
        if (cache.slotOf(slice) >= 0) {
            return 0; // somebody else has asked for it, too
        }
        long at = tables.sliceAt(offset);
        long table = tables.tableOf(offset);
        Space space = tables.space();
        boolean overwrites = space != null
                && (table + tables.layout().cluster() > container.geometry().capacity()
                        || space.tables().isNoL2Table(table >>> tables.layout().clusterBits()));
        if (overwrites || (table & tables.layout().cluster() - 1) != 0) {
            say("the L2 table for byte " + offset + " of the disk lies at " + at + ", which is no place of one");
            return -Errno.EIO;
        }
        int slot = cache.claim();
        try {
            readPadded(at, cache.memory(slot));
        } catch (ImageException e) {
            say(e.getMessage());
            return -Errno.EIO;
        }
        if (space != null && space.tables().areNamedBy(cache.memory(slot))) {
            say("an entry of the L2 table for byte " + offset + " of the disk names what is a table itself");
            return -Errno.EIO;
        }
        cache.publish(slot, slice);
        return 0;
    }

    /** As QEMU does: behind the end of the file are zeros. */
    private void readPadded(long at, MemorySegment into) {
        long there = Math.clamp(container.geometry().capacity() - at, 0, into.byteSize());
        if (there > 0) {
            io.read(at, into.asSlice(0, there));
            io.drain();
        }
        into.asSlice(there).fill((byte) 0);
    }

    /**
     * The slice in memory that maps a place of the disk whose L2 table is there. As it is, until the next one is asked for.
     *
     * @throws ImageException where it can't be had
     */
    MemorySegment slice(Tables tables, long offset) {
        long slice = offset >>> tables.layout().sliceShift();
        if (load(tables, offset) != 0) {
            throw new ImageException(
                    ImageException.Code.IO, "the L2 table for byte " + offset + " of the disk can't be read");
        }
        return tables.cache().memory(tables.cache().slotOf(slice));
    }

    /** Whether a cluster of the disk shows the backing file where it is not allocated. */
    boolean showsBacking(long offset) {
        return backing != null && offset < backing.geometry().capacity();
    }

    /** Whether a cluster of the disk with this entry reads as zeros. */
    boolean isZero(Tables tables, long offset, long entry) {
        if (L2Entry.isCompressed(entry)) {
            return false;
        }
        return L2Entry.isZero(entry)
                ? tables.header().version() > 2
                : L2Entry.offset(entry) == 0
                        && !showsBacking(offset & -tables.layout().cluster());
    }

    /** Whether a cluster with this entry can't be written to where it is, and isn't zero. */
    boolean needsCopy(Tables tables, long offset, long entry) {
        return !isZero(tables, offset, entry) && (L2Entry.isCompressed(entry) || !L2Entry.isCopied(entry));
    }

    /**
     * Reads a cluster that needs a copy.
     *
     * @param offset where on the disk it begins
     * @throws ImageException where it can't be read
     */
    void readCluster(Tables tables, long offset, long entry, MemorySegment into) {
        if (L2Entry.isCompressed(entry)) {
            if (!inflate(tables, entry)) {
                throw new ImageException(
                        ImageException.Code.IO, "the cluster for byte " + offset + " of the disk can't be read");
            }
            into.copyFrom(inflated);
        } else if (L2Entry.offset(entry) != 0) {
            readPadded(L2Entry.offset(entry), into);
        } else {
            if (backingIo == null) {
                backingIo = new ParallelIo(backing);
            }
            long there = Math.clamp(backing.geometry().capacity() - offset, 0, into.byteSize());
            backingIo.read(offset, into.asSlice(0, there));
            into.asSlice(there).fill((byte) 0);
            backingIo.drain();
        }
    }

    /**
     * Fills the buffers of a request from a compressed cluster.
     *
     * @param entry the cluster's
     * @param inCluster where in it to begin
     * @return 0, or a negative errno
     */
    int readCompressed(Tables tables, long entry, long inCluster, Request request) {
        try {
            if (!inflate(tables, entry)) {
                return -Errno.EIO;
            }
        } catch (ImageException e) {
            say(e.getMessage());
            return -Errno.EIO;
        }
        return request.data().copyFrom(inflated.address() + inCluster) ? 0 : -Errno.EFAULT;
    }

    private boolean inflate(Tables tables, long entry) {
        if (inflatedOf == tables && inflatedEntry == entry) {
            return true;
        }
        int bits = tables.layout().clusterBits();
        long offset = L2Entry.compressedOffset(entry, bits);
        long begin = offset / SECTOR * SECTOR;
        long end = Math.min(
                L2Entry.compressedEnd(entry, bits), container.geometry().capacity());
        if (begin >= end) {
            say("a compressed cluster lies at " + offset + ", behind the end of the file");
            return false;
        }
        if (inflated == null || inflated.byteSize() != tables.layout().cluster()) {
            // The descriptor can't tell more sectors than two clusters', and begins in the middle of one.
            compressed = NativeMemory.anonymous(2 * tables.layout().cluster() + SECTOR, Arena.ofAuto());
            inflated = NativeMemory.anonymous(tables.layout().cluster(), Arena.ofAuto());
        }
        inflatedOf = null;
        MemorySegment from = compressed.asSlice(0, end - begin);
        io.read(begin, from);
        io.drain();
        if (!inflation.inflate(tables.header().compression(), from.asSlice(offset - begin), inflated)) {
            say("the compressed cluster at " + offset + " can't be decompressed");
            return false;
        }
        inflatedOf = tables;
        inflatedEntry = entry;
        return true;
    }

    /** Where data lies, from a place of the disk on. */
    Extent extentAt(Tables given, long offset) {
        Tables tables = given.latest();
        Extent first = pieceAt(tables, offset);
        long end = first.end();
        for (int i = 0; i < MOST_PIECES && end < tables.header().size(); i++) {
            Extent next = pieceAt(tables, end);
            if (next.sort() != first.sort()) {
                break;
            }
            end = next.end();
        }
        return new Extent(offset, end - offset, first.sort());
    }

    private Extent pieceAt(Tables tables, long offset) {
        piece.find(tables, offset, tables.header().size());
        if (piece.sort() == Piece.Sort.MISSING && load(tables, offset) == 0) {
            piece.find(tables, offset, tables.header().size());
        }
        return switch (piece.sort()) {
            // What can't be told counts as data: reading it will say what the matter is.
            case MISSING ->
                new Extent(
                        offset,
                        Math.min(tables.layout().cluster(), tables.header().size() - offset),
                        Extent.Sort.DATA);
            case DATA, SHARED, COMPRESSED, MALFORMED -> new Extent(offset, piece.length(), Extent.Sort.DATA);
            case ZERO -> new Extent(offset, piece.length(), Extent.Sort.ZERO);
            case UNALLOCATED -> behind(offset, piece.length());
        };
    }

    private Extent behind(long offset, long length) {
        if (!showsBacking(offset)) {
            return new Extent(offset, length, Extent.Sort.HOLE);
        }
        Extent shown = backing.extentAt(offset);
        return new Extent(offset, Math.min(length, shown.length()), shown.sort());
    }

    /** Once, however often it is found. */
    void say(String what) {
        if (!said) {
            said = true;
            LOG.error("image {}: {}; look at it with qemu-img check. What is wrong reads as an error", name, what);
        }
    }

    @Override
    public void close() {
        inflation.close();
        if (backingIo != null) {
            backingIo.close();
        }
        io.close();
    }
}
