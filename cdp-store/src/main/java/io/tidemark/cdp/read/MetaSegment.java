// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.SegmentFault;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A metadata segment in memory: as much of it as there was when it was loaded. */
public final class MetaSegment implements AutoCloseable {
    /** More than any writer makes; a larger file is not one of ours. It has less than four million slots. */
    private static final long LIMIT = 192L << 20;

    private final Arena arena = Arena.ofShared();
    private MemorySegment bytes = MemorySegment.NULL;
    private SegmentFault fault = SegmentFault.NONE;

    private MetaSegment() {}

    public static MetaSegment load(History history, int number) throws IOException {
        var loaded = new MetaSegment();
        try (Segment segment = history.meta().open(History.segmentName(number))) {
            loaded.load(segment, history, number);
            return loaded;
        } catch (IOException | RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    private void load(Segment segment, History history, int number) throws IOException {
        long size = segment.size();
        if (size < SegmentHeader.SIZE || size > LIMIT) {
            fault = SegmentFault.LENGTH;
            return;
        }
        bytes = arena.allocate(size, 8);
        segment.read(0, bytes);
        fault = SegmentHeader.fault(bytes, SegmentHeader.META_MAGIC, history.id(), number);
    }

    /** What is wrong with the segment as a whole. */
    public SegmentFault fault() {
        return fault;
    }

    public MemorySegment bytes() {
        return bytes;
    }

    /** The first valid batch at or after {@code from}, or -1. All lengths are multiples of eight bytes. */
    public long nextBatch(long from) {
        for (long at = from; at <= bytes.byteSize() - BatchHeader.SIZE; at += 8) {
            if (BatchHeader.validAt(bytes, at) > 0) {
                return at;
            }
        }
        return -1;
    }

    /** The last valid batch, or -1. */
    public long lastBatch() {
        long last = -1;
        for (long at = nextBatch(SegmentHeader.SIZE); at >= 0; at = nextBatch(at + BatchHeader.validAt(bytes, at))) {
            last = at;
        }
        return last;
    }

    @Override
    public void close() {
        arena.close();
    }
}
