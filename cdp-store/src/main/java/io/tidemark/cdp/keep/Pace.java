// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Keeps the keeper from using the store's whole bandwidth: who has moved bytes waits until they were due. Belongs to one thread. */
final class Pace {
    /** What may be moved at once, in time. */
    private static final long BURST = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(100);

    private final double nanosPerByte;
    private final BooleanSupplier stopped;
    private long due = System.nanoTime();

    /**
     * @param bytesPerSecond how much may be read and written; {@link Long#MAX_VALUE} for as much as there is
     * @param stopped asked with every move
     */
    Pace(long bytesPerSecond, BooleanSupplier stopped) {
        this.nanosPerByte = bytesPerSecond == Long.MAX_VALUE ? 0 : 1e9 / bytesPerSecond;
        this.stopped = stopped;
    }

    /**
     * Waits until so many bytes were due.
     *
     * @throws CancellationException once it is stopped
     */
    void moved(long bytes) {
        check();
        long now = System.nanoTime();
        due = Math.max(due, now - BURST) + (long) (bytes * nanosPerByte);
        while (due - now > BURST) {
            LockSupport.parkNanos(Math.min(due - now, LONGEST));
            check();
            now = System.nanoTime();
        }
    }

    /** Before anything is published, too: whoever has stopped this may have given the history away. */
    void check() {
        if (stopped.getAsBoolean()) {
            throw new CancellationException("the history is being closed");
        }
    }
}
