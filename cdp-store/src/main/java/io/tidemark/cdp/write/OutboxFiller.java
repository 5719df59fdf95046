// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import com.lmax.disruptor.EventHandler;
import io.tidemark.cdp.StoreException;
import io.tidemark.disk.posix.ThreadPriority;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Puts compressed blocks into the outbox, and looks after it four times a second while something is in it. */
final class OutboxFiller implements EventHandler<RawBlock> {
    private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(250);

    private final String name;
    private final Outbox outbox;
    private final ParkingWait wait;
    private final long patience;
    private final CountDownLatch closed = new CountDownLatch(1);

    /** @param patience how long the end of a history waits for the store, in nanoseconds */
    OutboxFiller(String name, Outbox outbox, ParkingWait wait, long patience) {
        this.name = name;
        this.outbox = outbox;
        this.wait = wait;
        this.patience = patience;
    }

    @Override
    public void onStart() {
        Thread.currentThread().setName(name);
        ThreadPriority.standBack();
        lookAgain();
    }

    @Override
    public void onEvent(RawBlock block, long sequence, boolean endOfBatch) {
        try {
            if (!block.isEmpty()) {
                outbox.put(block);
            } else if (block.commit) {
                outbox.commit();
            }
            outbox.tend();
            lookAgain();
            if (block.close) {
                outbox.finish(System.nanoTime() + patience);
            }
        } catch (RuntimeException | Error e) { // whoever closes waits for this thread, whatever happens to it
            outbox.fail(new StoreException(StoreException.Code.IO, name + ": " + e, e));
        } finally {
            if (block.close) {
                closed.countDown();
            }
        }
    }

    @Override
    public void onTimeout(long sequence) {
        outbox.tend();
        lookAgain();
    }

    private void lookAgain() {
        if (outbox.isEmpty()) {
            wait.wakeNever();
        } else {
            wait.wakeAt(System.nanoTime() + LOOK);
        }
    }

    /** @return whether the last block has passed in time */
    boolean awaitClosed(long nanos) throws InterruptedException {
        return closed.await(nanos, TimeUnit.NANOSECONDS);
    }
}
