// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.keep.Keeper;
import io.tidemark.disk.posix.ThreadPriority;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Brings batches from the outbox to the store. While a batch is being made up, the content of its blocks is appended as they come, up to
 * 256 KiB at a time: so the disk below, which may be the guest's, too, has an even load, and its requests wait for no large write. Once it is
 * complete: sync, records, sync, then the durable number. The only thread that touches the store once it is open; it may hang there for
 * as long as it likes.
 *
 * <p>After an error it closes everything, pauses, opens the history anew, and goes on behind the last batch that is there.
 */
final class StoreThread implements Runnable {
    private static final System.Logger LOG = System.getLogger(StoreThread.class.getName());

    private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(5);

    private final String disk;
    private final UUID history;
    private final HistorySource source;
    private final WriterOptions options;
    private final Outbox outbox;
    private final long interval;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(OutboxEntry.MAX, 8);
    private final CountDownLatch ended = new CountDownLatch(1);

    private StoreEnds ends;
    private long lastCommit;

    /** The batch to be delivered next, its first entry, and the record that it goes behind. */
    private long batch;

    private volatile long sequence;
    private Link link;

    /** The data segment at the last commit. */
    private int segment;

    /** The record that the batch being delivered ends with, once it is all on its way. */
    private Link batchEnd;

    private long batchEndSequence;
    private long batchAfter;
    private boolean batchGapOpen;
    private long batchRaw;
    private long batchStored;
    private Link last;
    private boolean troubled;

    // Written by this thread alone, read by anybody.
    private volatile Optional<Keeper> keeper;
    private volatile long durable;
    private volatile long rawBytes;
    private volatile long storedBytes;
    private volatile long blocks;
    private volatile long commits;
    private volatile long commitNanos;

    /**
     * @param ends the history as it was opened first, this thread's from now on
     * @param sequence of the first entry that isn't in the store
     */
    StoreThread(
            String disk,
            UUID history,
            HistorySource source,
            StoreEnds ends,
            WriterOptions options,
            Outbox outbox,
            long sequence) {
        this.disk = disk;
        this.history = history;
        this.source = source;
        this.options = options;
        this.outbox = outbox;
        this.ends = ends;
        this.keeper = Optional.of(ends.keeper());
        this.interval = options.commitInterval().toNanos();
        this.lastCommit = System.nanoTime() - interval;
        this.batch = ends.tail().batches();
        this.link = ends.tail().last();
        this.durable = ends.tail().position();
        this.blocks = ends.tail().blocks();
        this.segment = ends.data().number();
        this.sequence = sequence;
    }

    @Override
    public void run() {
        ThreadPriority.standBack();
        try {
            long pause = FIRST_PAUSE;
            while (true) {
                long before = batch;
                if (deliver()) {
                    return;
                }
                pause = batch > before ? FIRST_PAUSE : pause;
                if (!outbox.awaitRetry(pause)) {
                    return;
                }
                pause = Math.min(2 * pause, LONGEST_PAUSE);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            close();
            outbox.ended();
            ended.countDown();
            arena.close();
        }
    }

    /** @return whether there is nothing more to be done; else the store has failed */
    private boolean deliver() throws InterruptedException {
        try {
            if (ends == null) {
                outbox.begins();
                reopen();
            }
            while (collect()) {
                commit();
            }
            return true;
        } catch (IOException e) {
            failed(StoreException.of("store of " + disk, e));
        } catch (StoreException e) {
            failed(e);
        } catch (RuntimeException | Error e) { // whoever waits for this thread must be told, whatever happens to it
            failed(new StoreException(Code.UNSUPPORTED, "store of " + disk + ": " + e, e));
        }
        return outbox.failure() != null;
    }

    private void failed(StoreException reason) {
        outbox.rests();
        switch (reason.code()) {
            case IO, NO_SPACE, NO_PERMISSION, NOT_FOUND, IN_USE -> {
                outbox.trouble(reason.getMessage());
                if (!troubled) {
                    LOG.log(
                            Level.WARNING,
                            "disk {0}: its history waits for the store: {1}; it is tried again and again, the guest goes on",
                            disk,
                            reason.getMessage());
                }
                troubled = true;
            }
            default -> outbox.fail(reason);
        }
        close();
    }

    private void reopen() throws IOException {
        var opened = source.open();
        ends = StoreEnds.open(opened, options, segment, tail -> {
            if (!opened.history().id().equals(history) || !endsWhereItWasLeft(tail) && !hasArrived(tail)) {
                throw new StoreException(
                        Code.DAMAGED,
                        "store of " + disk + ": the history does not end where it was left: it was gone on with"
                                + " elsewhere, or is a copy of an earlier one; it is read and compared");
            }
        });
        keeper = Optional.of(ends.keeper());
        if (hasArrived(ends.tail())) {
            arrived();
        }
    }

    private boolean endsWhereItWasLeft(Tail tail) {
        return tail.batches() == batch && tail.last().equals(link);
    }

    /** Whether the last commit was done, and only its answer was an error. */
    private boolean hasArrived(Tail tail) {
        return batchEnd != null && tail.batches() == batch + 1 && tail.last().equals(batchEnd);
    }

    /** Appends the entries of a batch as they come, until it is complete: its records stay in memory. @return whether that is complete; else nothing more is to be done */
    private boolean collect() throws IOException, InterruptedException {
        long at = sequence;
        batchEnd = null;
        batchRaw = 0;
        batchStored = 0;
        while (true) {
            outbox.rests();
            if (!outbox.awaitEntry(at, batch, lastCommit + interval)) {
                return false;
            }
            outbox.begins();
            int length = outbox.read(at, batch, buffer);
            if (length == 0) {
                batchEndSequence = at;
                return !outbox.isLeft();
            }
            append(buffer.asSlice(0, length));
            at++;
        }
    }

    private void append(MemorySegment entry) throws IOException {
        var data = ends.data();
        int raw = entry.get(Le.U32, OutboxEntry.RAW_LENGTH);
        if (raw > 0) {
            int length = data.append(entry);
            ends.meta().add(entry, data.number(), data.end() - length);
            batchRaw += raw;
            batchStored += length;
        } else {
            ends.meta().add(entry, 0, 0);
        }
        batchAfter = entry.get(Le.U64, OutboxEntry.AFTER);
        batchGapOpen = OutboxEntry.has(entry, OutboxEntry.GAP_OPEN);
        last = OutboxEntry.end(entry);
    }

    private void commit() throws IOException {
        long begin = System.nanoTime();
        ends.data().sync();
        batchEnd = last;
        batchStored += ends.meta().commit(ends.data(), batchAfter, batchGapOpen);
        ends.lease().check();
        lastCommit = System.nanoTime();
        commitNanos = lastCommit - begin;
        arrived();
    }

    private void arrived() {
        if (troubled) {
            LOG.log(Level.INFO, "disk {0}: the store takes its history again", disk);
            troubled = false;
        }
        commits = commits + 1;
        blocks = ends.data().blocks();
        segment = ends.data().number();
        rawBytes = rawBytes + batchRaw;
        storedBytes = storedBytes + batchStored;
        link = batchEnd;
        sequence = batchEndSequence;
        batchEnd = null;
        durable = batchAfter; // before the outbox tells who waits for it
        outbox.delivered(batch);
        batch++;
    }

    private void close() {
        if (ends != null) {
            keeper = Optional.empty();
            ends.close();
            ends = null;
        }
    }

    /** Who keeps the history small; empty while the store is not to be had. */
    Optional<Keeper> keeper() {
        return keeper;
    }

    /** @return whether it has ended, and given everything back, in time */
    boolean awaitEnd(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    WriterStatistics statistics(int behind, long position) {
        return new WriterStatistics(rawBytes, storedBytes, blocks, commits, commitNanos, behind, position, durable);
    }

    long durable() {
        return durable;
    }

    /** The first entry that the store doesn't have. */
    long firstMissing() {
        return sequence;
    }
}
