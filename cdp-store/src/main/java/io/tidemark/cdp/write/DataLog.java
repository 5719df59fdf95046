// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.History;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The writing end of the data volume. Belongs to the store thread.
 *
 * <p>It writes into segments that it has made itself, and into no others: whoever wrote those may have lost the lease and not know it
 * yet. The segment with the highest number is not deleted before there is a higher one, so a number is given once.
 */
final class DataLog implements AutoCloseable {
    private final History history;
    private final long limit;
    private final List<String> inVain = new ArrayList<>();
    private Segment segment;
    private int number;
    private long end;
    private long blocks;
    /** The blocks before this segment. */
    private long first;

    private boolean dirty;

    /**
     * Goes on behind all that is there, in a new segment.
     *
     * @param known those behind this one were begun by this process, in vain, and are deleted
     */
    DataLog(History history, long limit, Tail tail, int known) throws IOException {
        this.history = history;
        this.limit = limit;
        this.number = tail.dataSegment();
        this.blocks = tail.blocks();
        int committed = Math.max(known, number);
        for (var name : history.data().list()) {
            int found = Integer.parseInt(name);
            if (found > committed) {
                inVain.add(name);
            }
            // Never committed, perhaps; but if records were lost, it is the last copy of what they named.
            number = Math.max(number, found);
        }
        this.end = number == tail.dataSegment() ? tail.dataEnd() : SegmentHeader.SIZE;
    }

    /** Appends an entry's block, whose header is written in the room before its content. @return the bytes it takes */
    int append(MemorySegment entry) throws IOException {
        int stored = entry.get(Le.U32, OutboxEntry.STORED_LENGTH);
        int length = BlockHeader.SIZE + stored;
        var block = entry.asSlice(entry.byteSize() - length);
        if (segment == null || end + length > limit || blocks - first >= BlockHeader.MAX_IN_SEGMENT) {
            next();
        }
        BlockHeader.write(
                block, entry.get(Le.U8, OutboxEntry.CODEC), entry.get(Le.U32, OutboxEntry.RAW_LENGTH), stored, blocks);
        segment.append(block);
        end += length;
        blocks++;
        dirty = true;
        return length;
    }

    private void next() throws IOException {
        if (segment != null) {
            sync();
            segment.close();
        }
        number++;
        segment = history.data().create(History.segmentName(number));
        for (var name : inVain) {
            history.data().delete(name);
        }
        inVain.clear();
        try (var arena = Arena.ofConfined()) {
            MemorySegment header = arena.allocate(SegmentHeader.SIZE);
            SegmentHeader.write(header, SegmentHeader.DATA_MAGIC, history.id(), number, history.capacity(), blocks);
            segment.append(header);
        }
        end = SegmentHeader.SIZE;
        first = blocks;
        dirty = true;
    }

    void sync() throws IOException {
        if (dirty) {
            segment.sync();
            dirty = false;
        }
    }

    int number() {
        return number;
    }

    long end() {
        return end;
    }

    long blocks() {
        return blocks;
    }

    @Override
    public void close() throws IOException {
        if (segment != null) {
            segment.close();
        }
    }
}
