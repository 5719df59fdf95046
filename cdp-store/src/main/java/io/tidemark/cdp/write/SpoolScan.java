// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.History;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.Slot;
import io.tidemark.cdp.volume.Segment;
import io.tidemark.cdp.volume.StoreVolume;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks for what a spool holds that the store doesn't: entries without a hole, up to the last whole write. They must go directly
 * behind the store's last record, as the {@linkplain Link link} tells; else they are of another history, or this one has gone
 * another way since.
 */
final class SpoolScan {
    private static final System.Logger LOG = System.getLogger(SpoolScan.class.getName());

    /** How much of a segment counts; all of its entries, or those up to a whole write. */
    record Extent(String name, long first, long last, long lastBatch, long bytes) {}

    private final StoreVolume volume;
    private final History history;
    private final Tail tail;
    private final MemorySegment buffer = Arena.ofAuto().allocate(OutboxEntry.MAX, 8);
    private final List<Extent> extents = new ArrayList<>();

    /** The last whole write: behind so many complete extents, this one. */
    private int complete;

    private Extent current;
    private SpoolEnd end;

    /** The next entry's sequence, once there was one. */
    private long expected = -1;

    private long undelivered;
    private long first;
    private boolean refused;
    private int session;

    private SpoolScan(StoreVolume volume, History history, Tail tail) {
        this.volume = volume;
        this.history = history;
        this.tail = tail;
        this.session = tail.session();
    }

    static SpoolScan of(StoreVolume volume, History history, Tail tail) throws IOException {
        var scan = new SpoolScan(volume, history, tail);
        for (var name : volume.list()) {
            try (var segment = volume.open(name)) {
                if (!scan.walk(name, segment)) {
                    break;
                }
            }
        }
        scan.tell();
        return scan;
    }

    /** @return whether the next segment may go on from here */
    private boolean walk(String name, Segment segment) throws IOException {
        long size = segment.size();
        Extent extent = null;
        for (long at = 0; at + OutboxEntry.SIZE <= size; ) {
            segment.read(at, buffer.asSlice(0, OutboxEntry.SIZE));
            int length = OutboxEntry.lengthOf(buffer);
            if (length == 0 || at + length > size) {
                break;
            }
            var entry = buffer.asSlice(0, length);
            segment.read(at, entry);
            long sequence = entry.get(Le.U64, OutboxEntry.SEQUENCE);
            if (!OutboxEntry.isBodySound(entry)) {
                break;
            }
            at += length;
            if (expected >= 0 && sequence < expected) {
                continue; // of a segment that was left after an error, here once more
            }
            if (expected >= 0 && sequence > expected || !follows(entry)) {
                return false;
            }
            expected = sequence + 1;
            session = Session.last(
                    entry,
                    OutboxEntry.SIZE,
                    OutboxEntry.SIZE + (long) entry.get(Le.U32, OutboxEntry.SLOTS) * Slot.SIZE,
                    session);
            long batch = entry.get(Le.U64, OutboxEntry.BATCH);
            extent = new Extent(name, extent == null ? sequence : extent.first(), sequence, batch, at);
            if (OutboxEntry.has(entry, OutboxEntry.WHOLE)) {
                complete = extents.size();
                current = extent;
                end = SpoolEnd.of(entry, session);
            }
        }
        if (extent != null) {
            extents.add(extent);
        }
        return true;
    }

    private boolean follows(MemorySegment entry) {
        if (!OutboxEntry.isOf(entry, history.id())) {
            refused = true;
            return false;
        }
        long batch = entry.get(Le.U64, OutboxEntry.BATCH);
        if (batch < tail.batches()) {
            return true;
        }
        undelivered++;
        first = undelivered == 1 ? entry.get(Le.U64, OutboxEntry.SEQUENCE) : first;
        // The first one tells: each other follows the one before it.
        refused = undelivered == 1
                && (batch != tail.batches()
                        || entry.get(Le.U64, OutboxEntry.BEFORE) != tail.position()
                        || !OutboxEntry.link(entry).equals(tail.last()));
        return !refused;
    }

    private void tell() {
        if (refused) {
            end = null;
            LOG.log(
                    Level.WARNING,
                    "disk {0}: the spool {1} is not used: what it holds does not follow the end of the history in the store,"
                            + " which is another one, or was gone on with elsewhere; it is deleted",
                    history.disk(),
                    volume.name());
        } else if (end != null && end.batch() >= tail.batches()) {
            LOG.log(
                    Level.INFO,
                    "disk {0}: the spool {1} holds what the store does not have yet, up to write {2}: it is brought there now",
                    history.disk(),
                    volume.name(),
                    Long.toString(end.position()));
        }
    }

    /** The end of what the store hasn't, or empty if there is nothing. */
    Optional<SpoolEnd> end() {
        return end == null || end.batch() < tail.batches() ? Optional.empty() : Optional.of(end);
    }

    /** The first entry that the store hasn't, or 0. */
    long first() {
        return end().isEmpty() ? 0 : first;
    }

    /** What counts of a segment. */
    Optional<Extent> extent(String name) {
        if (end().isEmpty()) {
            return Optional.empty();
        }
        if (current.name().equals(name)) {
            return Optional.of(current);
        }
        return extents.subList(0, complete).stream()
                .filter(extent -> extent.name().equals(name))
                .findFirst();
    }
}
