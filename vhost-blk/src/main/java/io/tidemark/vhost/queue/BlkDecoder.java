// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.Geometry;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.vhost.blk.BlkDiscardSegment;
import io.tidemark.vhost.blk.BlkLimits;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Makes requests of descriptor chains (virtio 1.3, 5.2.6). Confined to its queue loop.
 *
 * <p>All that the guest says is checked here, once, on a private copy; what is behind can trust it.
 */
final class BlkDecoder {
    /** Returned by {@link #decode} for a request that goes to the image; all other answers are a status for the guest. */
    static final int SUBMIT = -1;

    private static final MemorySegment MEMORY = NativeMemory.ALL;

    private Geometry geometry;
    private final byte[] serial;

    private final DiscardRanges discardRanges = new DiscardRanges();

    /** Headers are copied here. */
    private final MemorySegment gathered = NativeMemory.anonymous(NativeMemory.PAGE, Arena.ofAuto());

    /** @param serial what GET_ID answers: up to 20 bytes of ASCII (5.2.6, VIRTIO_BLK_ID_BYTES) */
    BlkDecoder(Geometry geometry, byte[] serial) {
        this.geometry = geometry;
        this.serial = serial;
    }

    /** The image has another size now. */
    void resized(Geometry now) {
        geometry = now;
    }

    /**
     * Fills the slot from the chain.
     *
     * @param writeThrough whether the guest expects each change on stable storage when it completes
     * @return {@link #SUBMIT}, or the status that the request is answered with at once
     * @throws BrokenRingException when the chain can't even carry a status
     */
    int decode(DescriptorChain chain, Slot slot, boolean writeThrough) throws BrokenRingException {
        if (chain.readableBytes() < BlkRequestHeader.SIZE || chain.writableBytes() < 1) {
            throw new BrokenRingException("a request of " + chain.readableBytes() + " readable and "
                    + chain.writableBytes() + " writable bytes has no room for header and status");
        }
        int last = chain.pieces() - 1;
        slot.statusAddress = chain.address(last) + chain.length(last) - 1;
        slot.written = 1;
        slot.ranges = 0;
        slot.begun = 0;

        long header = gathered.address();
        gather(chain, 0, BlkRequestHeader.SIZE, header);
        int type = BlkRequestHeader.type(MEMORY, header);
        long sector = BlkRequestHeader.sector(MEMORY, header);
        return switch (type) {
            case BlkRequestType.IN -> read(chain, slot, sector);
            case BlkRequestType.OUT -> write(chain, slot, sector, writeThrough);
            case BlkRequestType.FLUSH -> {
                slot.request.begin(Request.Kind.FLUSH, 0, 0);
                yield SUBMIT;
            }
            case BlkRequestType.GET_ID -> identify(chain, slot);
            case BlkRequestType.DISCARD -> zeroing(chain, slot, Request.Kind.DISCARD, writeThrough);
            case BlkRequestType.WRITE_ZEROES -> zeroing(chain, slot, Request.Kind.WRITE_ZEROES, writeThrough);
            default -> BlkStatus.UNSUPP;
        };
    }

    private int read(DescriptorChain chain, Slot slot, long sector) {
        long length = chain.writableBytes() - 1;
        if (!inside(sector, length)) {
            return BlkStatus.IOERR;
        }
        slot.request.begin(Request.Kind.READ, sector * Geometry.SECTOR, length);
        slot.written = (int) length + 1;
        return addPieces(slot.request.data(), chain, chain.firstWritable(), 0, length) ? SUBMIT : BlkStatus.IOERR;
    }

    private int write(DescriptorChain chain, Slot slot, long sector, boolean writeThrough) {
        long length = chain.readableBytes() - BlkRequestHeader.SIZE;
        if (geometry.readOnly() || !inside(sector, length)) {
            return BlkStatus.IOERR;
        }
        slot.request.begin(Request.Kind.WRITE, sector * Geometry.SECTOR, length);
        slot.request.durable(writeThrough);
        return addPieces(slot.request.data(), chain, 0, BlkRequestHeader.SIZE, length) ? SUBMIT : BlkStatus.IOERR;
    }

    private int zeroing(DescriptorChain chain, Slot slot, Request.Kind kind, boolean writeThrough) {
        boolean discard = kind == Request.Kind.DISCARD;
        if (geometry.readOnly()) {
            return BlkStatus.IOERR;
        }
        long bytes = chain.readableBytes() - BlkRequestHeader.SIZE;
        long count = bytes / BlkDiscardSegment.SIZE;
        // As many ranges as max_discard_seg and max_write_zeroes_seg say (5.2.6.2).
        if ((discard && geometry.discard() == 0)
                || bytes % BlkDiscardSegment.SIZE != 0
                || count < 1
                || count > BlkLimits.DISCARD_SEGMENTS) {
            return BlkStatus.UNSUPP;
        }
        long ranges = discardRanges.of(slot);
        gather(chain, BlkRequestHeader.SIZE, (int) bytes, ranges);
        for (long at = ranges; at < ranges + bytes; at += BlkDiscardSegment.SIZE) {
            int verdict = checkRange(at, discard);
            if (verdict != SUBMIT) {
                return verdict;
            }
        }
        slot.ranges = (int) count;
        discardRanges.beginNext(slot, kind, writeThrough);
        return SUBMIT;
    }

    private int checkRange(long at, boolean discard) {
        int flags = BlkDiscardSegment.flags(MEMORY, at);
        boolean unmap = (flags & BlkDiscardSegment.UNMAP) != 0;
        if ((flags & ~BlkDiscardSegment.UNMAP) != 0 || (discard && unmap)) {
            return BlkStatus.UNSUPP;
        }
        long sector = BlkDiscardSegment.sector(MEMORY, at);
        return inside(sector, BlkDiscardSegment.sectors(MEMORY, at) * Geometry.SECTOR) ? SUBMIT : BlkStatus.IOERR;
    }

    /**
     * A range of a discard or write-zeroes was done: makes the slot's request that of the next.
     *
     * @return false when it was the last one
     */
    boolean beginNextRange(Slot slot) {
        if (slot.begun == slot.ranges) {
            return false;
        }
        discardRanges.beginNext(slot, slot.request.kind(), slot.request.durable());
        return true;
    }

    private int identify(DescriptorChain chain, Slot slot) {
        long room = Math.min(chain.writableBytes() - 1, BlkRequestType.ID_BYTES);
        int at = 0;
        for (int piece = chain.firstWritable(); at < room; piece++) {
            for (long i = 0; i < chain.length(piece) && at < room; i++, at++) {
                byte value = at < serial.length ? serial[at] : 0;
                MEMORY.set(ValueLayout.JAVA_BYTE, chain.address(piece) + i, value);
            }
        }
        slot.written = (int) room + 1;
        return BlkStatus.OK;
    }

    /** Whether a range is not empty, made of whole sectors, and on the disk; safe for all 64-bit values. */
    private boolean inside(long sector, long length) {
        long sectors = geometry.capacity() / Geometry.SECTOR;
        return length > 0
                && length % Geometry.SECTOR == 0
                && length <= geometry.capacity()
                && sector >= 0
                && sector <= sectors - length / Geometry.SECTOR;
    }

    /** Adds {@code length} bytes, from {@code skip} bytes behind the beginning of a piece on. False if it takes too many. */
    private static boolean addPieces(IoVector data, DescriptorChain chain, int firstPiece, long skip, long length) {
        long behind = skip;
        long left = length;
        for (int piece = firstPiece; left > 0; piece++) {
            long pieceLength = chain.length(piece);
            if (behind >= pieceLength) {
                behind -= pieceLength;
                continue;
            }
            long part = Math.min(left, pieceLength - behind);
            if (!data.add(chain.address(piece) + behind, part)) {
                return false;
            }
            left -= part;
            behind = 0;
        }
        return true;
    }

    /** Copies some readable bytes together. Even those in one piece: a guest must not change them between our looks. */
    private static void gather(DescriptorChain chain, long from, int length, long to) {
        long behind = from;
        int piece = 0;
        while (behind >= chain.length(piece)) {
            behind -= chain.length(piece);
            piece++;
        }
        long at = to;
        long left = length;
        while (left > 0) {
            long part = Math.min(left, chain.length(piece) - behind);
            MemorySegment.copy(MEMORY, chain.address(piece) + behind, MEMORY, at, part);
            at += part;
            left -= part;
            behind = 0;
            piece++;
        }
    }
}
