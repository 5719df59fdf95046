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

/** The writing end of the data volume. Belongs to the store thread. */
final class DataLog implements AutoCloseable {
    private final History history;
    private final long limit;
    private Segment segment;
    private int number;
    private long end;
    private long blocks;
    /** The blocks before this segment; of one that was opened again, before what was appended since. */
    private long first;

    private boolean dirty;

    /**
     * Goes on behind the last committed block, or in a new segment where there are others behind it.
     *
     * @param known the last segment that is not this process's own: those behind it were begun in vain, and are deleted
     */
    DataLog(History history, long limit, Tail tail, int known) throws IOException {
        this.history = history;
        this.limit = limit;
        this.number = tail.dataSegment();
        this.end = tail.dataEnd();
        this.blocks = tail.blocks();
        this.first = blocks;
        int last = 0;
        for (var name : history.data().list()) {
            int found = Integer.parseInt(name);
            if (found > Math.max(known, number)) {
                history.data().delete(name);
            } else {
                last = found;
            }
        }
        if (last > number) {
            // Never committed, it seems; but if records were lost, this is the last copy of what they named.
            number = last;
        } else if (number > 0 && last == number) {
            segment = reopen();
        }
    }

    private Segment reopen() throws IOException {
        var found = history.data().reopen(History.segmentName(number));
        try {
            if (found.size() < end) {
                found.close();
                return null;
            }
            if (found.size() > end) {
                found.truncate(end);
            }
            return found;
        } catch (IOException e) {
            found.close();
            throw e;
        }
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
