// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The one clock that stamps the changes of all disks of a process: microseconds since 1970 (UTC).
 *
 * <p>Between two looks at the system's clock it runs by the monotonic clock, which costs some tens of nanoseconds to read. It
 * follows the system's clock when that is set, also backwards; that no disk's history goes backwards is seen to where
 * a disk's changes are brought into order.
 */
public final class WriteClock {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);

    private final LongSupplier monotonic;
    private final Clock system;
    private volatile long offset;

    /**
     * @param monotonic nanoseconds from an arbitrary start
     * @param system what {@link #adjust()} looks at
     */
    public WriteClock(LongSupplier monotonic, Clock system) {
        this.monotonic = monotonic;
        this.system = system;
        adjust();
    }

    /** A clock that a daemon thread adjusts every ten seconds. One per process. */
    public static WriteClock start() {
        WriteClock clock = new WriteClock(System::nanoTime, Clock.systemUTC());
        Thread.ofPlatform().daemon().name("write-clock").start(clock::keepAdjusted);
        return clock;
    }

    /** The time now, in microseconds since 1970. From any thread. */
    public long micros() {
        return (monotonic.getAsLong() + offset) / 1000;
    }

    /** Takes over what the system's clock says. From a control thread. */
    public void adjust() {
        Instant now = system.instant();
        offset = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano() - monotonic.getAsLong();
    }

    private void keepAdjusted() {
        while (!Thread.interrupted()) {
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
            adjust();
        }
    }
}
