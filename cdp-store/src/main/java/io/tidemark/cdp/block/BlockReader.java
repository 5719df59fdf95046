// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentFault;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.Segment;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads, checks and unpacks blocks of the data volume by the place that they were written to, wherever their content lies now;
 * keeps the last few. Belongs to one thread.
 */
public final class BlockReader implements AutoCloseable {
    /**
     * A block's content.
     *
     * @param bytes valid until some more blocks have been read; of a packed segment, what nobody needs is zero or missing at
     *     the end
     * @param stored what it takes in the segment as it was written, header included; 0 in a packed one, where blocks share
     */
    public record Block(MemorySegment bytes, long stored) {}

    /** Where a stored block really lies. */
    private record Place(int segment, int generation, long at) {}

    /** What can be read of a segment. */
    private record Open(int generation, Segment file, PackedSegment packed) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            if (packed != null) {
                packed.close();
            } else {
                file.close();
            }
        }
    }

    private static final int OPEN_SEGMENTS = 64;

    private final History history;
    private final Generations generations;
    private final int keep;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment header = arena.allocate(SegmentHeader.SIZE);
    private final MemorySegment stored = arena.allocate(BlockHeader.MAX_RAW);
    private final BlockDecoder decoder = new BlockDecoder();
    private final ReadAhead ahead;
    private final Map<Integer, Open> segments = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<Place, Block> blocks = new LinkedHashMap<>(16, 0.75f, true);
    private MemorySegment spare;

    /** @param keep how many unpacked blocks are kept, 256 KiB each */
    public BlockReader(History history, Generations generations, int keep) {
        this(history, generations, keep, false);
    }

    /** @param ahead whether most blocks will be read, by ascending places if that can be: then more is read at once */
    public BlockReader(History history, Generations generations, int keep, boolean ahead) {
        this.history = history;
        this.generations = generations;
        this.keep = keep;
        this.ahead = ahead ? new ReadAhead(arena) : null;
    }

    /**
     * The block that was written at {@code at} of segment {@code number}.
     *
     * @throws StoreException DAMAGED if it can't be had as it was, IO
     */
    public Block read(int number, long at) {
        if (number <= 0 || at < SegmentHeader.SIZE || at > 1L << 31) {
            throw damaged(number, at, "no such place", null);
        }
        try {
            return found(number, at);
        } catch (EOFException | NoSuchFileException e) {
            throw damaged(number, at, "is missing or cut short", e);
        } catch (IOException e) {
            throw StoreException.of(name(number), e);
        }
    }

    private Block found(int number, long at) throws IOException {
        try {
            return in(number, segment(number), at);
        } catch (NoSuchFileException e) {
            var gone = segments.remove(number);
            if (gone == null) {
                throw e;
            }
            // It was open, and went none the less: another host has removed it, and another generation took its place.
            gone.close();
            return in(number, segment(number), at);
        }
    }

    private Block in(int number, Open segment, long at) throws IOException {
        return segment.packed == null ? stored(number, segment, at) : packed(number, segment, at);
    }

    /** The unpacked content of the block that begins at {@code at} of the file that is read for a segment. */
    MemorySegment whole(int number, long at) throws IOException {
        return stored(number, segment(number), at).bytes();
    }

    private Block packed(int number, Open segment, long at) throws IOException {
        var packed = segment.packed;
        int entry = packed.find(at);
        if (entry < 0) {
            throw damaged(number, at, "was dropped because no point needs it", null);
        }
        var block = stored(number, segment, packed.block(entry)).bytes();
        if (!packed.fits(entry, block.byteSize())) {
            throw damaged(number, at, "lies outside of the block that it was packed into", null);
        }
        return new Block(block.asSlice(packed.inBlock(entry), packed.length(entry)), 0);
    }

    private Block stored(int number, Open segment, long at) throws IOException {
        var place = new Place(number, segment.generation, at);
        var known = blocks.get(place);
        if (known == null) {
            known = load(number, segment.file, at);
            blocks.put(place, known);
        }
        return known;
    }

    private Block load(int number, Segment file, long at) throws IOException {
        var head = bytes(file, at, header.asSlice(0, BlockHeader.SIZE));
        var fault = BlockHeader.fault(head);
        if (!fault.isEmpty()) {
            throw damaged(number, at, fault, null);
        }
        int length = head.get(Le.U32, BlockHeader.STORED_LENGTH);
        int raw = head.get(Le.U32, BlockHeader.RAW_LENGTH);
        byte codec = head.get(Le.U8, BlockHeader.CODEC);
        int checksum = head.get(Le.U32, BlockHeader.CONTENT_CHECKSUM);
        var to = room();
        spare = to; // until it is certain that it is needed: damaged blocks must not use up memory
        var content = bytes(file, at + BlockHeader.SIZE, (codec == BlockHeader.RAW ? to : stored).asSlice(0, length));
        boolean right = Le.crc32c(content, 0, length) == checksum;
        if (!right || codec != BlockHeader.RAW && !decoder.decode(codec, content, to.asSlice(0, raw))) {
            throw damaged(number, at, right ? "content does not unpack" : "content checksum is wrong", null);
        }
        spare = null;
        if (codec == BlockHeader.RAW && ahead != null) {
            to.copyFrom(content);
        }
        return new Block(to.asSlice(0, raw), (long) BlockHeader.SIZE + length);
    }

    /** Reads a part of a segment: into the given room, or ahead. */
    private MemorySegment bytes(Segment file, long at, MemorySegment room) throws IOException {
        if (ahead != null) {
            return ahead.read(file, at, (int) room.byteSize());
        }
        file.read(at, room);
        return room;
    }

    private MemorySegment room() {
        if (spare != null) {
            var room = spare;
            spare = null;
            return room;
        }
        if (blocks.size() < keep) {
            return arena.allocate(BlockHeader.MAX_RAW, 64);
        }
        var oldest = blocks.entrySet().iterator();
        var room = oldest.next().getValue().bytes();
        oldest.remove();
        return room.reinterpret(BlockHeader.MAX_RAW);
    }

    /** The size of a segment whose header is right. */
    public long checkSegment(int number) throws IOException {
        var segment = segment(number);
        if (segment.packed == null) {
            segment.file.read(0, header);
            var fault = SegmentHeader.fault(header, SegmentHeader.DATA_MAGIC, history.id(), number);
            if (fault != SegmentFault.NONE) {
                throw damaged(number, 0, fault.toString(), null);
            }
        }
        return segment.file.size();
    }

    /**
     * Reads all of a segment that was packed, whoever needs it; of another one nothing.
     *
     * @return the bytes read
     * @throws StoreException DAMAGED where it isn't as it was
     */
    public long checkPacked(int number) throws IOException {
        var segment = segment(number);
        if (segment.packed == null) {
            return 0;
        }
        long end = segment.packed.end();
        long at = SegmentHeader.SIZE;
        while (at < end) {
            at += stored(number, segment, at).stored();
        }
        return end;
    }

    /** Whether the segment is there as it was written: blocks follow each other without space. */
    public boolean isAsWritten(int number) {
        return generation(number) == 0;
    }

    /** The segment as messages name it. */
    public String name(int number) {
        if (number <= 0) {
            return history.data().name() + "/" + number;
        }
        int generation = generation(number);
        return generation == 0
                ? history.data().name() + "/" + History.segmentName(number)
                : history.packed().name() + "/" + PackedFormat.name(number, generation);
    }

    /** The one that is read: if it is open, that may be another than the one that was to be read. */
    private int generation(int number) {
        var known = segments.get(number);
        return known == null ? generations.of(number) : known.generation;
    }

    private Open segment(int number) throws IOException {
        var known = segments.get(number);
        if (known != null) {
            return known;
        }
        if (segments.size() == OPEN_SEGMENTS) {
            var oldest = segments.values().iterator();
            oldest.next().close();
            oldest.remove();
        }
        var segment = open(number, generations.of(number));
        segments.put(number, segment);
        return segment;
    }

    private Open open(int number, int generation) throws IOException {
        try {
            if (generation == 0) {
                return new Open(0, history.data().open(History.segmentName(number)), null);
            }
            var packed = PackedSegment.open(history, number, generation);
            return new Open(generation, packed.segment(), packed);
        } catch (NoSuchFileException e) {
            int now = generations.after(number, generation);
            if (now == generation) {
                throw e;
            }
            return open(number, now);
        }
    }

    public StoreException damaged(int number, long at, String reason, Exception cause) {
        return new StoreException(
                Code.DAMAGED,
                name(number) + " at byte " + at + ": " + reason + ": restore another point, or bring the segment back",
                cause);
    }

    @Override
    public void close() {
        for (var segment : segments.values()) {
            try {
                segment.close();
            } catch (IOException _) {
                // It was only read.
            }
        }
        decoder.close();
        arena.close();
    }
}
