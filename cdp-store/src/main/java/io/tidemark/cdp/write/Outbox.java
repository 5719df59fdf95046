// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.Le;
import io.tidemark.disk.posix.NativeMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Compressed blocks on their way to the store, in order: the oldest in the spool, the others in memory, none longer than it must. An
 * entry stays until its batch is committed; so whatever happens to the store, all that it hasn't is here.
 *
 * <p><b>Batches</b> are made up here. An entry is given its batch when it comes, and keeps it: so a store that is opened anew tells by the
 * number of its last batch what it has. The store thread takes the entries of a batch as they come, before it is complete, and appends
 * their content; complete it is when it is large, or when the store thread has all of it and the commit is due. What a failure has left of
 * one that wasn't committed counts for nothing there, and all of it is taken from here once more.
 *
 * <p><b>Spooling.</b> Entries go from memory to the spool while the store fails, doesn't answer, or falls behind so far that memory gets
 * short. What is in the spool outlives the process.
 *
 * <p>The filler (a thread of the block ring) puts entries in and spools them, the store thread takes them. Nobody waits for a disk
 * with the lock held.
 */
final class Outbox {
    /** A batch is complete when it has so many slots. */
    private static final int BATCH_SLOTS = 16 << 10;
    /** Entries in memory; without content they are small. */
    private static final int ENTRIES = 4096;

    /**
     * The store thread is woken for the first entry of a batch, for each one that is so many behind that, and for the end of the batch.
     * An entry has up to 256 KiB of content, and is written by itself. A store that keeps up so gets a MiB in a row, which a
     * guest's requests on the same disk don't wait long behind, and a guest's processors are asked for a fourth as often as there are blocks.
     */
    private static final int AT_ONCE = 4;

    /** Doing nothing for this long, the store is thought to hang. */
    static final long HANGS = TimeUnit.SECONDS.toNanos(2);

    private static final long WAIT = TimeUnit.MILLISECONDS.toNanos(20);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final History history;
    private final MemorySegment memory;
    private final Optional<Spool> spool;
    private final Optional<SpoolReader> reader;
    private final long batchBytes;

    // Of entry n at n % ENTRIES, for those in memory: first up to next - 1.
    private final int[] at = new int[ENTRIES];
    private final int[] lengths = new int[ENTRIES];
    private final long[] batches = new long[ENTRIES];
    private final long[] since = new long[ENTRIES];
    private long first;
    private long next;
    private long memoryBytes;

    // What the next entry is put behind.
    private long position;
    private Link link;

    private long batch;
    private int batchEntries;
    private int batchSlots;
    private long batchLength;
    private boolean whole = true;
    /** Somebody waits for what the batch has, or will have when it is whole. */
    private boolean urgent;

    private long delivered;
    private boolean closing;
    private boolean ended;
    private boolean left;
    private boolean starved;
    private Optional<String> trouble = Optional.empty();

    /** When the store thread began what it does, or 0. */
    private volatile long busySince;

    private volatile StoreException failure;

    /** @param bytes of memory; at least two of the longest entries */
    Outbox(History history, long bytes, Arena arena, Optional<Spool> spool, Tail tail) {
        this.history = history;
        this.memory = NativeMemory.anonymous(bytes, arena);
        this.spool = spool;
        this.reader = spool.map(SpoolReader::new);
        this.batchBytes = bytes / 3;
        this.delivered = tail.batches() - 1;
        var found = spool.flatMap(Spool::found);
        this.batch = found.map(end -> end.batch() + 1).orElse(tail.batches());
        this.position = found.map(SpoolEnd::position).orElse(tail.position());
        this.link = found.map(SpoolEnd::link).orElse(tail.last());
        this.first = found.map(end -> end.sequence() + 1).orElse(0L);
        this.next = first;
    }

    // The filler's.

    /** Takes a block over; waits while there is no room at all. What comes after a failure, or when nobody is there any more, is dropped. */
    void put(RawBlock block) {
        int length = OutboxEntry.length(block.slotCount, block.storedLength);
        lock.lock();
        try {
            int place = allocate(length);
            while (place < 0 && failure == null && !left) {
                lock.unlock();
                boolean spooled;
                try {
                    spooled = spoolOldest();
                } finally {
                    lock.lock();
                }
                place = allocate(length);
                if (!spooled && place < 0) {
                    starved |= isInTrouble();
                    room.awaitNanos(WAIT);
                }
            }
            if (failure != null || left) {
                return;
            }
            take(block, place, length);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void take(RawBlock block, int place, int length) {
        if (batchEntries > 0 && whole && (block.close || urgent && !block.whole)) {
            // The clean end is a batch of its own: damage to the last records then can't look like a torn end. And who
            // waits
            // for a commit doesn't wait for all parts of a long write that came behind.
            seal();
        }
        int index = (int) (next % ENTRIES);
        var entry = memory.asSlice(place, length);
        OutboxEntry.write(entry, block, history.id(), next, batch, position, link);
        at[index] = place;
        lengths[index] = length;
        batches[index] = batch;
        since[index] = System.nanoTime();
        memoryBytes += length;
        position = block.after;
        link = OutboxEntry.end(entry);
        boolean wasWhole = whole;
        whole = block.whole;
        batchEntries++;
        batchSlots += block.slotCount;
        batchLength += length;
        next++;
        closing |= block.close;
        urgent |= block.commit;
        if (whole && (block.close || batchSlots >= BATCH_SLOTS || batchLength >= batchBytes)) {
            seal();
        } else if (batchEntries % AT_ONCE == 1 || whole != wasWhole || block.commit) {
            changed.signal();
        }
    }

    /** Has the batch of what was put completed as soon as the store thread is free: whoever asks meanwhile shares it. */
    void commit() {
        lock.lock();
        try {
            if (batchEntries > 0) {
                urgent = true;
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void seal() {
        batch++;
        urgent = false;
        batchEntries = 0;
        batchSlots = 0;
        batchLength = 0;
        changed.signal();
    }

    /** Room for an entry behind the last one, in a circle; or -1. */
    private int allocate(int length) {
        if (next - first == ENTRIES) {
            return -1;
        }
        if (next == first) {
            return 0; // an outbox with little to do keeps to a few pages
        }
        int head = at[(int) (first % ENTRIES)];
        int last = (int) ((next - 1) % ENTRIES);
        int end = at[last] + lengths[last] + 7 & -8;
        if (at[last] >= head) {
            if (end + length <= memory.byteSize()) {
                return end;
            }
            end = 0;
        }
        return end + length <= head ? end : -1;
    }

    /** Spools what must be, and deletes from the spool what was delivered. To be called every now and then. */
    void tend() {
        if (spool.isEmpty()) {
            return;
        }
        while (mustSpool() && spoolOldest()) {
            // All of it, or until memory is no longer short.
        }
        spool.get().tidy();
    }

    private boolean mustSpool() {
        lock.lock();
        try {
            if (next == first || left) {
                return false;
            }
            long age = System.nanoTime() - since[(int) (first % ENTRIES)];
            return isInTrouble() || age > HANGS || memoryBytes > memory.byteSize() / 4 * 3;
        } finally {
            lock.unlock();
        }
    }

    private boolean spoolOldest() {
        long sequence;
        long itsBatch;
        long itsSince;
        MemorySegment entry;
        lock.lock();
        try {
            if (spool.isEmpty() || next == first || left) {
                return false;
            }
            sequence = first;
            int index = (int) (first % ENTRIES);
            itsBatch = batches[index];
            itsSince = since[index];
            entry = memory.asSlice(at[index], lengths[index]);
        } finally {
            lock.unlock();
        }
        // Only this thread gives memory out: it stays as it is, even if the entry is delivered meanwhile.
        if (!spool.get().append(entry, sequence, itsBatch, itsSince)) {
            spool.get().tidy();
            return false;
        }
        lock.lock();
        try {
            if (first == sequence) {
                release();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void release() {
        memoryBytes -= lengths[(int) (first % ENTRIES)];
        first++;
    }

    /** Whether the store has every batch. */
    boolean isDelivered() {
        lock.lock();
        try {
            return delivered == batch - 1;
        } finally {
            lock.unlock();
        }
    }

    /** Whether anything is here that {@link #tend} may have to look after. */
    boolean isEmpty() {
        lock.lock();
        try {
            return next == first && spool.map(Spool::bytes).orElse(0L) == 0;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until all is delivered, or until that is not to be expected; what isn't then goes to the spool. By the filler, when it
     * has put the last block.
     */
    void finish(long deadline) {
        lock.lock();
        try {
            closing = true;
            if (batchEntries > 0 && whole) {
                seal();
            }
            changed.signal();
            while (!ended && failure == null && !left && delivered < batch - 1) {
                long wait = deadline - System.nanoTime();
                if (wait <= 0) {
                    break;
                }
                room.awaitNanos(wait);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
        while (spoolOldest()) {
            // To the last one.
        }
    }

    // The store thread's.

    /**
     * Waits for an entry, or until the batch is complete; completes it when it is due, or when somebody waits for it: what has come until
     * then is all of it.
     *
     * @param sequence of the entry
     * @param wanted the batch that the entry belongs to, if that has one more
     * @param due nanoTime
     * @return false when nothing more is to be done
     */
    boolean awaitEntry(long sequence, long wanted, long due) throws InterruptedException {
        lock.lock();
        try {
            while (!left) {
                long wait = due - System.nanoTime();
                if (batch <= wanted && batchEntries > 0 && whole && (urgent || wait <= 0)) {
                    seal();
                }
                if (sequence < next || batch > wanted) {
                    return true;
                }
                if (closing && batchEntries == 0) {
                    return false;
                }
                if (batchEntries > 0 && whole) {
                    changed.awaitNanos(wait);
                } else {
                    changed.await();
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Copies an entry.
     *
     * @return its length, or 0 if it belongs to a later batch: then the wanted one is complete
     */
    int read(long sequence, long wanted, MemorySegment buffer) throws IOException {
        lock.lock();
        try {
            if (left || sequence >= next) {
                return 0;
            }
            if (sequence >= first) {
                int index = (int) (sequence % ENTRIES);
                if (batches[index] != wanted) {
                    return 0;
                }
                MemorySegment.copy(memory, at[index], buffer, 0, lengths[index]);
                return lengths[index];
            }
        } finally {
            lock.unlock();
        }
        int length = reader.orElseThrow().read(sequence, buffer);
        return buffer.get(Le.U64, OutboxEntry.BATCH) == wanted ? length : 0;
    }

    /** A batch is in the store: it isn't needed here any more. */
    void delivered(long which) {
        lock.lock();
        try {
            delivered = which;
            while (first < next && batches[(int) (first % ENTRIES)] <= which) {
                release();
            }
            spool.ifPresent(all -> all.delivered(which));
            trouble = Optional.empty();
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The store thread begins something that may take long. */
    void begins() {
        busySince = System.nanoTime() | 1;
    }

    void rests() {
        busySince = 0;
    }

    /** The store has failed; it will be tried again. */
    void trouble(String reason) {
        lock.lock();
        try {
            trouble = Optional.of(reason);
        } finally {
            lock.unlock();
        }
    }

    /** Waits before the store is tried again; once it is to end, once more at once. @return false if it is not to be */
    boolean awaitRetry(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long end = System.nanoTime() + nanos;
            boolean wasClosing = closing;
            for (long wait = nanos; wait > 0 && !closing && !left; wait = end - System.nanoTime()) {
                changed.awaitNanos(wait);
            }
            return !left && !wasClosing;
        } finally {
            lock.unlock();
        }
    }

    /** The store thread does nothing more. */
    void ended() {
        lock.lock();
        try {
            ended = true;
            room.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            if (reader.isPresent()) {
                reader.get().close();
            }
        } catch (IOException _) {
            // It was read, no more.
        }
    }

    boolean isLeft() {
        lock.lock();
        try {
            return left;
        } finally {
            lock.unlock();
        }
    }

    // Anybody's.

    /**
     * Waits until something has come to the store.
     *
     * @param arrived looked at whenever a batch has been {@linkplain #delivered delivered}
     * @return whether it came to that in time
     * @throws StoreException if it never will, or not before the next opening
     */
    boolean await(BooleanSupplier arrived, long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (!arrived.getAsBoolean()) {
                if (failure != null) {
                    throw new StoreException(failure.code(), failure.getMessage(), failure);
                }
                if (ended) {
                    throw new StoreException(
                            Code.IO,
                            "history of " + history.disk()
                                    + ": has ended before its store had all of it; what its spool"
                                    + " holds is brought there when it is opened again");
                }
                if (left <= 0) {
                    return false;
                }
                left = room.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** For good: what was put, and what comes, is dropped. */
    void fail(StoreException reason) {
        lock.lock();
        try {
            if (failure == null) {
                failure = reason;
            }
            changed.signalAll();
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    StoreException failure() {
        return failure;
    }

    /** Nobody comes for the rest: from now on the store thread finds nothing more here, and doesn't touch the memory. */
    void leave() {
        lock.lock();
        try {
            left = true;
            changed.signalAll();
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the store fails or hangs. With the lock, or for a look. */
    boolean isInTrouble() {
        long began = busySince;
        return trouble.isPresent() || began != 0 && System.nanoTime() - began > HANGS;
    }

    /** Whether something had to wait because of the store's trouble, since this was asked last. */
    boolean wasStarved() {
        lock.lock();
        try {
            boolean was = starved || isInTrouble();
            starved = false;
            return was;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a batch is in the store. */
    boolean isDelivered(long which) {
        lock.lock();
        try {
            return delivered >= which;
        } finally {
            lock.unlock();
        }
    }

    OutboxStatus status() {
        lock.lock();
        try {
            long now = System.nanoTime();
            long began = busySince;
            long hangs = began == 0 ? 0 : now - began;
            boolean spooling = spool.map(Spool::isNeeded).orElse(false);
            long oldest = next == first ? 0 : now - since[(int) (first % ENTRIES)];
            if (spooling) {
                oldest = now - spool.get().since();
            }
            Optional<String> reason = trouble;
            if (reason.isEmpty() && hangs > HANGS) {
                reason = Optional.of("the store has not answered for " + TimeUnit.NANOSECONDS.toSeconds(hangs) + " s");
            }
            if (reason.isEmpty() && spooling) {
                reason = Optional.of("the store is slower than the guest writes");
            }
            return new OutboxStatus(
                    memoryBytes,
                    spooling ? spool.map(Spool::bytes).orElse(0L) : 0,
                    spool.map(Spool::limit).orElse(0L),
                    memoryBytes <= memory.byteSize() / 2,
                    oldest,
                    isInTrouble(),
                    spool.map(Spool::hasFailed).orElse(false),
                    reason);
        } finally {
            lock.unlock();
        }
    }
}
