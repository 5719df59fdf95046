// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.WaitStrategy;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * How the capture thread sleeps and is woken. A producer pays for a wake-up (a system call) only when the thread sleeps
 * for good, which it does after some milliseconds of silence.
 */
final class ParkingWait implements WaitStrategy {
    private volatile Thread sleeper;

    /** Sleeps until woken, unless there is work by now. May return for no reason. */
    void sleepUnless(BooleanSupplier work) {
        sleeper = Thread.currentThread();
        // Between telling that we sleep and looking for work; pairs with the fence in signalAllWhenBlocking(): either
        // we see the producer's event, or the producer sees the sleeper.
        VarHandle.fullFence();
        if (!work.getAsBoolean()) {
            LockSupport.park(this);
        }
        sleeper = null;
    }

    /** By a producer, after it has published. */
    @Override
    public void signalAllWhenBlocking() {
        VarHandle.fullFence();
        Thread thread = sleeper;
        if (thread != null) {
            sleeper = null;
            LockSupport.unpark(thread);
        }
    }

    /** The ring is polled, never waited on through a barrier. */
    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier) {
        throw new UnsupportedOperationException("the capture ring is polled");
    }
}
