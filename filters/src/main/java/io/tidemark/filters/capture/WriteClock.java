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
 * follows the system's clock forwards at once. It never goes backwards: when the system's clock was set back, it runs at half its
 * speed until the two agree. So if a change was stamped because another one had completed, on whatever disk, its time is not
 * before the other's; which is why all disks at one time are a state that they had together.
 */
public final class WriteClock {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);

    /** A time that is further ahead is no guide. */
    private static final long MOST_AHEAD = TimeUnit.DAYS.toMicros(1);

    /**
     * How long a line goes on as the one before did, if it is going to be the slower one: until then, in whatever order threads
     * see the two, none gets an earlier time than another before it.
     */
    private static final long OVERLAP = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier monotonic;
    private final Clock system;
    private volatile Line line = new Line(Long.MIN_VALUE / 2, 0, 0);

    /**
     * From monotonic to UTC, in nanoseconds.
     *
     * @param offset what lies between them
     * @param turn when it begins to run at half speed
     * @param excess how much it is to lose by that
     */
    private record Line(long offset, long turn, long excess) {
        long at(long monotonic) {
            if (excess == 0 || monotonic - turn < 0) {
                return monotonic + offset;
            }
            return monotonic + offset - Math.min((monotonic - turn) / 2, excess);
        }
    }

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
        return line.at(monotonic.getAsLong()) / 1000;
    }

    /** Takes over what the system's clock says. From a control thread. */
    public synchronized void adjust() {
        Instant now = system.instant();
        long wanted = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
        long here = monotonic.getAsLong();
        long excess = line.at(here) - wanted;
        line = excess <= 0 ? new Line(wanted - here, here, 0) : new Line(line.at(here) - here, here + OVERLAP, excess);
    }

    /** Sees to it that no time from now on is before this one, in microseconds since 1970: a history goes that far already. */
    public synchronized void notBefore(long micros) {
        long here = monotonic.getAsLong();
        long ahead = micros - line.at(here) / 1000;
        if (ahead > 0 && ahead < MOST_AHEAD) {
            line = new Line(TimeUnit.MICROSECONDS.toNanos(micros + 1) - here, here, 0);
        }
    }

    private void keepAdjusted() {
        while (!Thread.interrupted()) {
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
            adjust();
        }
    }
}
