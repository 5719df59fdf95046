// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.History;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.format.Slot;
import io.tidemark.cdp.volume.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/**
 * The writing end of the metadata volume: collects slots, appends them as one batch. Belongs to the store thread.
 *
 * <p>It begins a segment of its own with its first batch, and with that seals those before it: their writers may have lost the lease
 * and not know it yet. A segment's number is given once: who comes too late to make it fails.
 */
final class MetaLog implements AutoCloseable {
    private final History history;
    private final long limit;
    private final Arena arena = Arena.ofShared();
    private MemorySegment batch = arena.allocate(BatchHeader.SIZE + 4L * RawBlock.MAX_SLOTS * Slot.SIZE);
    private int slots;
    private Segment segment;
    private int number;
    private long size;
    private long sequence;
    private long position;
    private int session;
    private boolean begun;
    private IntConsumer complete = _ -> {};

    /** Goes on behind the last batch. */
    MetaLog(History history, long limit, Tail tail) throws IOException {
        this.history = history;
        this.limit = limit;
        this.number = tail.metaSegment();
        this.sequence = tail.batches();
        this.position = tail.position();
        this.session = tail.session();
        if (tail.endsIn() > 0) {
            // What is gone on behind must be there: its writer may have been killed before it had synced it.
            try (var before = history.meta().reopen(History.segmentName(tail.endsIn()))) {
                before.sync();
            } catch (IOException | RuntimeException e) {
                arena.close();
                throw e;
            }
        }
    }

    /** Whom to tell of a segment that is complete. */
    void onComplete(IntConsumer listener) {
        complete = listener;
    }

    /** Takes the slots of an entry, whose content begins at {@code at} of the current data segment. */
    void add(MemorySegment entry, int dataSegment, long at) {
        int count = entry.get(Le.U32, OutboxEntry.SLOTS);
        long length = (long) count * Slot.SIZE;
        long to = BatchHeader.SIZE + (long) slots * Slot.SIZE;
        if (to + length > batch.byteSize()) {
            grow();
        }
        MemorySegment.copy(entry, OutboxEntry.SIZE, batch, to, length);
        slots += count;
        session = Session.last(batch, to, to + length, session);
        for (long slot = to; slot < to + length; slot += Slot.SIZE) {
            if (Kind.hasData(batch.get(Le.U8, slot + Slot.KIND))) {
                batch.set(Le.U32, slot + Slot.SEGMENT, dataSegment);
                batch.set(Le.U64, slot + Slot.BLOCK, at);
            }
        }
    }

    private void grow() {
        var larger = arena.allocate(2 * batch.byteSize());
        MemorySegment.copy(batch, 0, larger, 0, batch.byteSize());
        batch = larger;
    }

    int slots() {
        return slots;
    }

    /** Appends the collected slots and syncs. @return the bytes it took */
    long commit(DataLog data, long after, boolean gapOpen) throws IOException {
        long length = BatchHeader.SIZE + (long) slots * Slot.SIZE;
        if (segment == null || size + length > limit) {
            next();
        }
        batch.set(Le.U32, BatchHeader.MAGIC, BatchHeader.MAGIC_VALUE);
        batch.set(Le.U16, BatchHeader.VERSION, BatchHeader.CURRENT);
        batch.set(Le.U16, BatchHeader.FLAGS, gapOpen ? BatchHeader.GAP_OPEN : 0);
        batch.set(Le.U32, BatchHeader.SLOTS, slots);
        batch.set(Le.U32, BatchHeader.DATA_SEGMENT, data.number());
        batch.set(Le.U64, BatchHeader.DATA_END, data.end());
        batch.set(Le.U64, BatchHeader.SEQUENCE, sequence);
        batch.set(Le.U64, BatchHeader.BEFORE, position);
        batch.set(Le.U64, BatchHeader.AFTER, after);
        batch.set(Le.U64, BatchHeader.BLOCKS, data.blocks());
        batch.set(Le.U32, BatchHeader.SLOTS_CHECKSUM, Le.crc32c(batch, BatchHeader.SIZE, length - BatchHeader.SIZE));
        batch.set(Le.U32, BatchHeader.CHECKSUM, Le.crc32c(batch, 0, BatchHeader.CHECKSUM));
        segment.append(batch.asSlice(0, length));
        segment.sync();
        if (begun) {
            begun = false;
            complete.accept(number - 1);
        }
        size += length;
        sequence++;
        position = after;
        slots = 0;
        return length;
    }

    private void next() throws IOException {
        if (segment != null) {
            segment.close();
        }
        number++;
        segment = history.meta().create(History.segmentName(number));
        var header = arena.allocate(SegmentHeader.SIZE);
        SegmentHeader.write(header, SegmentHeader.META_MAGIC, history.id(), number, history.capacity(), sequence);
        SegmentHeader.session(header, session);
        segment.append(header);
        size = SegmentHeader.SIZE;
        begun = true;
    }

    @Override
    public void close() throws IOException {
        arena.close();
        if (segment != null) {
            segment.close();
        }
    }
}
