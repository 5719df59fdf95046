// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

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
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** Reads, checks and unpacks blocks of the data volume; keeps the last few. Belongs to one thread. */
final class BlockReader implements AutoCloseable {
    /**
     * A block's content.
     *
     * @param bytes valid until some more blocks have been read
     * @param stored its length in the segment, header included
     */
    record Block(MemorySegment bytes, long stored) {}

    private static final int OPEN_SEGMENTS = 64;

    private final History history;
    private final int keep;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment header = arena.allocate(SegmentHeader.SIZE);
    private final MemorySegment packed = arena.allocate(BlockHeader.MAX_RAW);
    private final LZ4SafeDecompressor lz4 = LZ4Factory.fastestInstance().safeDecompressor();
    private final Map<Integer, Segment> segments = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<Long, Block> blocks = new LinkedHashMap<>(16, 0.75f, true);
    private MemorySegment spare;

    BlockReader(History history, int keep) {
        this.history = history;
        this.keep = keep;
    }

    Block read(int number, long at) {
        long key = (long) number << 32 | at & 0xffffffffL;
        var known = blocks.get(key);
        if (known != null) {
            return known;
        }
        try {
            var block = load(number, at);
            blocks.put(key, block);
            return block;
        } catch (EOFException | NoSuchFileException e) {
            throw damaged(number, at, "is missing or cut short", e);
        } catch (IOException e) {
            throw StoreException.of(name(number), e);
        }
    }

    private Block load(int number, long at) throws IOException {
        if (number <= 0 || at < SegmentHeader.SIZE || at > 1L << 31) {
            throw damaged(number, at, "no such place", null);
        }
        var segment = segment(number);
        var head = header.asSlice(0, BlockHeader.SIZE);
        segment.read(at, head);
        var fault = BlockHeader.fault(head);
        if (!fault.isEmpty()) {
            throw damaged(number, at, fault, null);
        }
        int stored = head.get(Le.U32, BlockHeader.STORED_LENGTH);
        int raw = head.get(Le.U32, BlockHeader.RAW_LENGTH);
        byte codec = head.get(Le.U8, BlockHeader.CODEC);
        int checksum = head.get(Le.U32, BlockHeader.CONTENT_CHECKSUM);
        var to = room();
        spare = to; // until it is certain that it is needed: damaged blocks must not use up memory
        var content = (codec == BlockHeader.RAW ? to : packed).asSlice(0, stored);
        segment.read(at + BlockHeader.SIZE, content);
        boolean right = Le.crc32c(content, 0, stored) == checksum;
        if (!right || codec == BlockHeader.LZ4 && !unpack(content, to.asSlice(0, raw))) {
            throw damaged(number, at, right ? "content does not unpack" : "content checksum is wrong", null);
        }
        spare = null;
        return new Block(to.asSlice(0, raw), (long) BlockHeader.SIZE + stored);
    }

    private boolean unpack(MemorySegment from, MemorySegment to) {
        try {
            int length = (int) to.byteSize();
            return lz4.decompress(from.asByteBuffer(), 0, (int) from.byteSize(), to.asByteBuffer(), 0, length)
                    == length;
        } catch (LZ4Exception _) {
            return false;
        }
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
    long checkSegment(int number) throws IOException {
        var segment = segment(number);
        segment.read(0, header);
        var fault = SegmentHeader.fault(header, SegmentHeader.DATA_MAGIC, history.id(), number);
        if (fault != SegmentFault.NONE) {
            throw damaged(number, 0, fault.toString(), null);
        }
        return segment.size();
    }

    String name(int number) {
        return history.data().name() + "/" + (number > 0 ? History.segmentName(number) : String.valueOf(number));
    }

    private Segment segment(int number) throws IOException {
        var known = segments.get(number);
        if (known != null) {
            return known;
        }
        if (segments.size() == OPEN_SEGMENTS) {
            var oldest = segments.values().iterator();
            oldest.next().close();
            oldest.remove();
        }
        var segment = history.data().open(History.segmentName(number));
        segments.put(number, segment);
        return segment;
    }

    StoreException damaged(int number, long at, String reason, Exception cause) {
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
        arena.close();
    }
}
