// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Keeps the keeper from using the store's whole bandwidth: who has moved bytes waits until they were due. Belongs to one thread, whose
 * work is between two small steps whenever it comes here: a crash there would do no harm, and something else may be done meanwhile.
 */
final class Pace {
    /** What may be moved at once, in time. */
    private static final long BURST = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(100);

    private final LongSupplier bytesPerSecond;
    private final BooleanSupplier stopped;
    private long due = System.nanoTime();

    /**
     * @param bytesPerSecond how much may be read and written at the moment; {@link Long#MAX_VALUE} for as much as there is
     * @param stopped asked with every move, and now and then in a wait
     */
    Pace(LongSupplier bytesPerSecond, BooleanSupplier stopped) {
        this.bytesPerSecond = bytesPerSecond;
        this.stopped = stopped;
    }

    /**
     * Waits until so many bytes were due, or as many as there are may be moved.
     *
     * @throws CancellationException once it is stopped
     */
    void moved(long bytes) {
        check();
        long now = System.nanoTime();
        due = Math.max(due, now - BURST) + nanos(bytes);
        while (due - now > BURST && isLimited()) {
            LockSupport.parkNanos(Math.min(due - now, LONGEST));
            check();
            now = System.nanoTime();
        }
        due = Math.min(due, now + BURST);
    }

    private boolean isLimited() {
        return bytesPerSecond.getAsLong() != Long.MAX_VALUE;
    }

    private long nanos(long bytes) {
        return isLimited() ? (long) (bytes * 1e9 / bytesPerSecond.getAsLong()) : 0;
    }

    /** Before anything is published, too: whoever has stopped this may have given the history away. */
    void check() {
        if (stopped.getAsBoolean()) {
            throw new CancellationException("the history is being closed");
        }
    }
}
