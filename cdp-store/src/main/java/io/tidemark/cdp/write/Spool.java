// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.History;
import io.tidemark.cdp.volume.Segment;
import io.tidemark.cdp.volume.StoreVolume;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * A queue of entries on the local disk, in segments that are deleted when all they hold is in the store. It is there for a process that
 * is killed, not for a power cut: only complete segments are synced.
 *
 * <p>The outbox's thread has the writing end, the store thread the {@linkplain SpoolReader reading one}; sizes may be asked for by any.
 */
final class Spool implements AutoCloseable {
    /** One segment. Guarded by the spool. */
    private static final class Part {
        final String name;
        final long first;
        long last;
        long bytes;
        long lastBatch;
        final long since;

        Part(String name, long first, long since) {
            this.name = name;
            this.first = first;
            this.last = first - 1;
            this.since = since;
        }
    }

    private final StoreVolume volume;
    private final long limit;
    private final long segmentBytes;
    private final Deque<Part> parts = new ArrayDeque<>();
    private final Optional<SpoolEnd> found;
    private final long first;
    private long bytes;
    private long delivered;

    // The writing end's own.
    private Segment open;
    private int number;
    private boolean failed;

    /** Takes over what a scan has found, and deletes the rest. */
    private Spool(SpoolRoom room, SpoolScan scan, Tail tail) throws IOException {
        this.volume = room.volume();
        this.limit = room.bytes();
        this.segmentBytes = room.segmentBytes();
        this.found = scan.end();
        this.first = scan.first();
        this.delivered = tail.batches() - 1;
        for (var name : volume.list()) {
            number = Integer.parseInt(name);
            var extent = scan.extent(name);
            if (extent.isEmpty()) {
                volume.delete(name);
                continue;
            }
            cut(name, extent.get().bytes());
            var part = new Part(name, extent.get().first(), System.nanoTime());
            part.last = extent.get().last();
            part.lastBatch = extent.get().lastBatch();
            part.bytes = extent.get().bytes();
            parts.add(part);
            bytes += part.bytes;
        }
    }

    /** Opens a spool, with what it holds of what goes directly behind the tail of the history's store. */
    static Spool open(SpoolRoom room, History history, Tail tail) throws IOException {
        return new Spool(room, SpoolScan.of(room.volume(), history, tail), tail);
    }

    private void cut(String name, long end) throws IOException {
        try (var segment = volume.reopen(name)) {
            if (segment.size() > end) {
                segment.truncate(end);
            }
        }
    }

    /** What was there when it was opened. */
    Optional<SpoolEnd> found() {
        return found;
    }

    /** The first entry of it that the store didn't have, or 0. */
    long first() {
        return first;
    }

    /**
     * @param since nanoTime of when it came
     * @return false if there is no room, or if the disk refuses: then nothing was appended
     */
    boolean append(MemorySegment entry, long sequence, long batch, long since) {
        synchronized (this) {
            if (bytes + entry.byteSize() > limit) {
                return false;
            }
        }
        try {
            if (open == null) {
                begin(sequence, since);
            }
            OutboxEntry.seal(entry);
            open.append(entry);
        } catch (IOException _) {
            leave();
            dropEmpty();
            failed = true;
            return false;
        }
        failed = false;
        boolean full;
        synchronized (this) {
            var part = parts.getLast();
            part.last = sequence;
            part.lastBatch = batch;
            part.bytes += entry.byteSize();
            bytes += entry.byteSize();
            full = part.bytes >= segmentBytes;
        }
        if (full) {
            end();
        }
        return true;
    }

    private void begin(long sequence, long since) throws IOException {
        open = volume.create(History.segmentName(++number));
        synchronized (this) {
            parts.add(new Part(History.segmentName(number), sequence, since));
        }
    }

    /** A segment that was begun in vain would stand in the way of those behind it. */
    private void dropEmpty() {
        Part part;
        synchronized (this) {
            part = parts.peekLast();
            if (part == null || part.last >= part.first) {
                return;
            }
            parts.removeLast();
        }
        try {
            volume.delete(part.name);
        } catch (IOException _) {
            // It holds nothing: whoever opens the spool next deletes it.
        }
    }

    /** So that no more than one segment waits to be written back by the kernel all at once. */
    private void end() {
        try {
            open.sync();
        } catch (IOException _) {
            failed = true; // what it holds can be read, or its checksums will say that it can't
        }
        leave();
    }

    /** Nothing is appended to a segment whose end is not known. */
    private void leave() {
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException _) {
            failed = true;
        }
        open = null;
    }

    /** All of these batches and of those before is in the store. */
    synchronized void delivered(long batch) {
        delivered = batch;
    }

    /** Deletes segments that nobody needs. By the writing end. */
    void tidy() {
        while (true) {
            Part part;
            boolean last;
            synchronized (this) {
                part = parts.peek();
                if (part == null || part.lastBatch > delivered) {
                    return;
                }
                last = parts.size() == 1;
            }
            if (last) {
                leave();
            }
            try {
                volume.delete(part.name);
            } catch (IOException _) {
                failed = true; // it is known to be delivered by whoever opens the spool next
            }
            synchronized (this) {
                parts.remove();
                bytes -= part.bytes;
            }
        }
    }

    /** The name of the segment that holds an entry. */
    synchronized Optional<String> holderOf(long sequence) {
        for (var part : parts) {
            if (part.first <= sequence && sequence <= part.last) {
                return Optional.of(part.name);
            }
        }
        return Optional.empty();
    }

    StoreVolume volume() {
        return volume;
    }

    /** What it takes of its disk. */
    synchronized long bytes() {
        return bytes;
    }

    long limit() {
        return limit;
    }

    /** Whether something in it is not known to be in the store. */
    synchronized boolean isNeeded() {
        return !parts.isEmpty() && parts.getLast().lastBatch > delivered;
    }

    /** nanoTime of the oldest segment's first entry; only while it {@linkplain #isNeeded is needed}. */
    synchronized long since() {
        return parts.getFirst().since;
    }

    /** Whether its disk refused the last entry. */
    boolean hasFailed() {
        return failed;
    }

    @Override
    public void close() {
        tidy();
        leave();
    }
}
