// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentFault;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.Segment;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;

/**
 * A metadata segment in memory: as much of it as there was when it was loaded, up to its seal. The header of the next segment says with which
 * batch that one begins: from there on nothing counts in this one. Who writes it there had lost the lease, and may not have known.
 */
public final class MetaSegment implements AutoCloseable {
    /** More than any writer makes; a larger file is not one of ours. It has less than four million slots. */
    private static final long LIMIT = 192L << 20;

    private static final long PAGE = 4096;

    /** So much is read at once: a guest's requests wait behind larger ones, if the store lies on their disk. */
    private static final long PIECE = 256 << 10;

    private static final long UNSEALED = Long.MAX_VALUE;

    private final Arena arena = Arena.ofShared();
    private long seal = UNSEALED;
    private MemorySegment bytes = MemorySegment.NULL;
    private SegmentFault fault = SegmentFault.NONE;

    private MetaSegment() {}

    public static MetaSegment load(History history, int number) throws IOException {
        var loaded = new MetaSegment();
        try (Segment segment = history.meta().open(History.segmentName(number))) {
            loaded.load(segment, history, number);
            // Looked for behind the records, so that none of them is later than it.
            loaded.seal = seal(history, number);
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
        bytes = read(segment, size);
        fault = SegmentHeader.fault(bytes, SegmentHeader.META_MAGIC, history.id(), number);
    }

    /** Past the system's cache, as it was written: else the system would read ahead, by megabytes, into what nobody reads again. */
    private MemorySegment read(Segment segment, long size) throws IOException {
        var pages = arena.allocate(size + PAGE - 1 & -PAGE, PAGE);
        for (long at = 0; at < size; at += PIECE) {
            long wanted = Math.min(PIECE, size - at);
            var piece = pages.asSlice(at, Math.min(PIECE, pages.byteSize() - at));
            if (segment.readPages(at, piece) < wanted) {
                throw new EOFException("ends before byte " + (at + wanted));
            }
        }
        return pages.asSlice(0, size);
    }

    private static long seal(History history, int number) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var header = arena.allocate(SegmentHeader.SIZE, 8);
            int next = number + 1;
            while (!isHeaded(history, next, header)) {
                next++;
            }
            return header.get(Le.U64, SegmentHeader.FIRST);
        } catch (NoSuchFileException _) {
            return UNSEALED;
        }
    }

    private static boolean isHeaded(History history, int number, MemorySegment header) throws IOException {
        if (number > History.LAST_SEGMENT) {
            throw new NoSuchFileException(history.meta().name());
        }
        try (var segment = history.meta().open(History.segmentName(number))) {
            if (segment.size() < SegmentHeader.SIZE) {
                return false;
            }
            segment.read(0, header);
            return SegmentHeader.fault(header, SegmentHeader.META_MAGIC, history.id(), number) == SegmentFault.NONE;
        }
    }

    /** The last metadata segment that is sealed: nothing counts in it that isn't there yet. 0 if none is. */
    public static int lastSealed(History history) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var header = arena.allocate(SegmentHeader.SIZE, 8);
            for (var name : history.meta().list().reversed()) {
                if (isHeaded(history, Integer.parseInt(name), header)) {
                    return Integer.parseInt(name) - 1;
                }
            }
            return 0;
        }
    }

    /** Whether a segment with a header follows. */
    boolean isSealed() {
        return seal != UNSEALED;
    }

    /** Whether it is sealed right there: what can't be believed behind it was never committed. */
    boolean isSealedAt(long sequence) {
        return seal == sequence;
    }

    /** What is wrong with the segment as a whole. */
    public SegmentFault fault() {
        return fault;
    }

    public MemorySegment bytes() {
        return bytes;
    }

    /** The first valid batch that counts at or after {@code from}, or -1. All lengths are multiples of eight bytes. */
    public long nextBatch(long from) {
        for (long at = from; at <= bytes.byteSize() - BatchHeader.SIZE; at += 8) {
            if (BatchHeader.validAt(bytes, at) > 0) {
                return bytes.get(Le.U64, at + BatchHeader.SEQUENCE) < seal ? at : -1;
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
