// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.WaitStrategy;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Waits without using the processor: on a condition while the ring is empty, in short sleeps while a block is being
 * compressed. The filler of the outbox can ask to be woken at a time even if nothing comes.
 */
final class ParkingWait implements WaitStrategy {
    private static final long COMPRESSING = TimeUnit.MICROSECONDS.toNanos(100);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition published = lock.newCondition();
    private boolean timed;
    private long deadline;

    /** Lets the filler's wait end at {@code nanoTime}. Called by the filler. */
    void wakeAt(long nanoTime) {
        lock.lock();
        try {
            timed = true;
            deadline = nanoTime;
        } finally {
            lock.unlock();
        }
    }

    /** Takes {@link #wakeAt} back. */
    void wakeNever() {
        lock.lock();
        try {
            timed = false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier)
            throws AlertException, InterruptedException, TimeoutException {
        if (cursor.get() < sequence) {
            // Compressors depend on the ring itself; only the filler, which depends on them, has a deadline.
            awaitPublication(sequence, cursor, dependent != cursor, barrier);
        }
        long available = dependent.get();
        while (available < sequence) {
            barrier.checkAlert();
            LockSupport.parkNanos(COMPRESSING);
            available = dependent.get();
        }
        return available;
    }

    private void awaitPublication(long sequence, Sequence cursor, boolean filler, SequenceBarrier barrier)
            throws AlertException, InterruptedException, TimeoutException {
        lock.lock();
        try {
            while (cursor.get() < sequence) {
                barrier.checkAlert();
                if (!filler || !timed) {
                    published.await();
                    continue;
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw TimeoutException.INSTANCE;
                }
                published.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void signalAllWhenBlocking() {
        lock.lock();
        try {
            published.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
