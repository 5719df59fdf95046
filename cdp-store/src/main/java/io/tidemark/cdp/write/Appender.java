// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import com.lmax.disruptor.EventHandler;
import io.tidemark.cdp.StoreException;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Appends compressed blocks and commits them in groups: data, sync, records, sync, then the durable number. After the
 * first error it writes nothing more and lets the blocks pass, so that nobody waits for it.
 */
final class Appender implements EventHandler<RawBlock> {
    /** A batch is committed early when it has so many slots. */
    private static final int BATCH = 16 << 10;

    private final String name;
    private final DataLog data;
    private final MetaLog meta;
    private final ParkingWait wait;
    private final long interval;
    private final Object committed = new Object();
    private final CountDownLatch closed = new CountDownLatch(1);
    private long lastCommit;
    private long after;
    private boolean gapOpen;
    private boolean whole = true;

    // Written by the appender alone, read by anybody.
    private volatile long durable;
    private volatile StoreException failure;
    private volatile long rawBytes;
    private volatile long storedBytes;
    private volatile long commits;
    private volatile long commitNanos;

    Appender(String name, DataLog data, MetaLog meta, ParkingWait wait, long interval, long durable) {
        this.name = name;
        this.data = data;
        this.meta = meta;
        this.wait = wait;
        this.interval = interval;
        this.durable = durable;
        this.lastCommit = System.nanoTime() - interval;
    }

    @Override
    public void onStart() {
        Thread.currentThread().setName(name);
    }

    @Override
    public void onEvent(RawBlock block, long sequence, boolean endOfBatch) {
        if (failure == null) {
            try {
                append(block);
            } catch (IOException e) {
                fail(StoreException.of("store " + name, e));
            } catch (RuntimeException | Error e) { // whoever closes waits for this thread, whatever happens to it
                fail(new StoreException(StoreException.Code.IO, "store " + name + ": " + e, e));
            }
        }
        if (block.close) {
            closed.countDown();
        }
    }

    private void append(RawBlock block) throws IOException {
        if (block.rawLength > 0) {
            int length = data.append(block);
            rawBytes = rawBytes + block.rawLength;
            storedBytes = storedBytes + length;
            meta.add(block, data.number(), data.end() - length);
        } else {
            meta.add(block, 0, 0);
        }
        after = block.after;
        gapOpen = block.gapOpen;
        whole = block.whole;
        boolean due = System.nanoTime() - lastCommit >= interval || meta.slots() >= BATCH;
        if (whole && (block.commit || block.close || due)) {
            commit();
        } else {
            wait.wakeAt(lastCommit + interval);
        }
    }

    @Override
    public void onTimeout(long sequence) {
        if (failure == null && whole) {
            try {
                commit();
            } catch (IOException e) {
                fail(StoreException.of("store " + name, e));
            }
        } else {
            wait.wakeNever();
        }
    }

    private void commit() throws IOException {
        wait.wakeNever();
        if (meta.slots() == 0) {
            return;
        }
        long begin = System.nanoTime();
        data.sync();
        storedBytes = storedBytes + meta.commit(data, after, gapOpen);
        lastCommit = System.nanoTime();
        commitNanos = lastCommit - begin;
        commits = commits + 1;
        synchronized (committed) {
            durable = after;
            committed.notifyAll();
        }
    }

    void fail(StoreException reason) {
        wait.wakeNever();
        synchronized (committed) {
            if (failure == null) {
                failure = reason;
            }
            committed.notifyAll();
        }
    }

    /** @return whether the number became durable in time */
    boolean awaitDurable(long number, long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        synchronized (committed) {
            while (durable < number) {
                check();
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(committed, left);
            }
            return true;
        }
    }

    /** Waits until the last block has passed. */
    void awaitClosed() throws InterruptedException {
        closed.await();
    }

    void check() {
        var reason = failure;
        if (reason != null) {
            throw new StoreException(reason.code(), reason.getMessage(), reason);
        }
    }

    boolean failed() {
        return failure != null;
    }

    WriterStatistics statistics(int behind, long position) {
        return new WriterStatistics(
                rawBytes, storedBytes, data.blocks(), commits, commitNanos, behind, position, durable);
    }

    long durable() {
        return durable;
    }
}
