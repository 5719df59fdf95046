// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the thread {@code IMAGE metadata} does: it owns the cached slices of an image's L2 tables, and reads for the loops what
 * they can't read themselves.
 */
final class Metadata implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Metadata.class);
    private static final int SECTOR = 512;

    /** No extent is looked for in more than so many pieces: the caller asks again. */
    private static final int MOST_PIECES = 1024;

    private final String name;
    private final Image container;
    private final ImageIo io;
    private final Inflation inflation = new Inflation();
    private final Piece piece = new Piece();

    /** Made for the first compressed cluster: room for one that is compressed badly, and for what it gives. */
    private MemorySegment compressed;

    private MemorySegment inflated;

    /** What lies in {@link #inflated}: the cluster of this entry. */
    private Tables inflatedOf;

    private long inflatedEntry;
    private boolean said;

    Metadata(String name, Image container) {
        this.name = name;
        this.container = container;
        this.io = new ImageIo(container);
    }

    /** Brings the slice that maps a place of the disk into memory. @return 0, or a negative errno */
    int load(Tables tables, long offset) {
        long slice = offset >>> tables.layout().sliceShift();
        L2Cache cache = tables.cache();
        if (cache.slotOf(slice) >= 0) {
            return 0; // somebody else has asked for it, too
        }
        long at = tables.sliceAt(offset);
        if ((tables.tableOf(offset) & tables.layout().cluster() - 1) != 0) {
            say("the L2 table for byte " + offset + " of the disk lies at " + at + ", which is no place of a cluster");
            return -Errno.EIO;
        }
        int slot = cache.claim();
        try {
            readPadded(at, cache.memory(slot));
        } catch (ImageException e) {
            say(e.getMessage());
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
        }
        into.asSlice(there).fill((byte) 0);
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
        if (!inflation.inflate(tables.header().compression(), from.asSlice(offset - begin), inflated)) {
            say("the compressed cluster at " + offset + " can't be decompressed");
            return false;
        }
        inflatedOf = tables;
        inflatedEntry = entry;
        return true;
    }

    /**
     * Where data lies, from a place of the disk on.
     *
     * @param backing what shows where nothing is allocated
     */
    Extent extentAt(Tables tables, long offset, Optional<Image> backing) {
        Extent first = pieceAt(tables, offset, backing);
        long end = first.end();
        for (int i = 0; i < MOST_PIECES && end < tables.header().size(); i++) {
            Extent next = pieceAt(tables, end, backing);
            if (next.sort() != first.sort()) {
                break;
            }
            end = next.end();
        }
        return new Extent(offset, end - offset, first.sort());
    }

    private Extent pieceAt(Tables tables, long offset, Optional<Image> backing) {
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
            case DATA, COMPRESSED, MALFORMED -> new Extent(offset, piece.length(), Extent.Sort.DATA);
            case ZERO -> new Extent(offset, piece.length(), Extent.Sort.ZERO);
            case UNALLOCATED -> behind(offset, piece.length(), backing);
        };
    }

    private static Extent behind(long offset, long length, Optional<Image> backing) {
        long size = backing.map(image -> image.geometry().capacity()).orElse(0L);
        if (offset >= size) {
            return new Extent(offset, length, Extent.Sort.HOLE);
        }
        Extent shown = backing.get().extentAt(offset);
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
        io.close();
    }
}
