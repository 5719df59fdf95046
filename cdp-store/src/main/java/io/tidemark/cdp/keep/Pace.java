// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Keeps the keeper from using the store's whole bandwidth: who has moved bytes waits until they were due. Belongs to one thread. */
final class Pace {
    /** What may be moved at once, in time. */
    private static final long BURST = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long LONGEST = TimeUnit.SECONDS.toNanos(1);

    private final double nanosPerByte;
    private long due = System.nanoTime();

    /** @param bytesPerSecond how much may be read and written; {@link Long#MAX_VALUE} for as much as there is */
    Pace(long bytesPerSecond) {
        this.nanosPerByte = bytesPerSecond == Long.MAX_VALUE ? 0 : 1e9 / bytesPerSecond;
    }

    /** Waits until so many bytes were due; less than a second at a time, and not when interrupted. */
    void moved(long bytes) {
        if (nanosPerByte == 0) {
            return;
        }
        long now = System.nanoTime();
        due = Math.max(due, now - BURST) + (long) (bytes * nanosPerByte);
        while (due - now > BURST && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(Math.min(due - now, LONGEST));
            now = System.nanoTime();
        }
    }
}
