// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.History;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The writing end of the data volume. Belongs to the appender. */
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

    /** Goes on behind the last committed block, or in a new segment where there are others behind it. */
    DataLog(History history, long limit, Tail tail) throws IOException {
        this.history = history;
        this.limit = limit;
        this.number = tail.dataSegment();
        this.end = tail.dataEnd();
        this.blocks = tail.blocks();
        this.first = blocks;
        var names = history.data().list();
        int last = names.isEmpty() ? 0 : Integer.parseInt(names.getLast());
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

    /** Appends a block; its header is written in the room before its content. @return the bytes it takes */
    int append(RawBlock block) throws IOException {
        var bytes = block.codec == BlockHeader.RAW ? block.raw : block.packed;
        int length = BlockHeader.SIZE + block.storedLength;
        if (segment == null || end + length > limit || blocks - first >= BlockHeader.MAX_IN_SEGMENT) {
            next();
        }
        BlockHeader.write(bytes, block.codec, block.rawLength, block.storedLength, blocks);
        segment.append(bytes.asSlice(0, length));
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
