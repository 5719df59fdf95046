// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What the capture thread does when the ring is empty: tells the log of the pause, naps for some milliseconds (without
 * asking to be woken, so that a moderate load costs the loops no system calls), tells the log again, and sleeps for good.
 * Nobody waits for this thread, so it comes seldom and takes much.
 */
final class Idle {
    private static final long NAP = TimeUnit.MILLISECONDS.toNanos(3);
    /** The log may hold small content back for a few milliseconds; after this long it doesn't. */
    private static final long NAPPING = TimeUnit.MILLISECONDS.toNanos(6);

    private final ParkingWait wakeUp;
    private final BooleanSupplier work;
    private final Runnable pause;
    private boolean paused;
    private long napsUntil;
    private boolean restless = true;

    Idle(ParkingWait wakeUp, BooleanSupplier work, Runnable pause) {
        this.wakeUp = wakeUp;
        this.work = work;
        this.pause = pause;
    }

    /** Something came. */
    void reset() {
        paused = false;
        restless = true;
    }

    /** One step of doing nothing. */
    void rest() {
        if (!paused) {
            paused = true;
            pause.run();
            napsUntil = System.nanoTime() + NAPPING;
        } else if (restless && System.nanoTime() - napsUntil < 0) {
            LockSupport.parkNanos(this, NAP);
        } else if (restless) {
            restless = false;
            pause.run();
        } else {
            boolean ignored = Thread.interrupted(); // an interrupt must not keep it awake
            wakeUp.sleepUnless(work);
        }
    }
}
