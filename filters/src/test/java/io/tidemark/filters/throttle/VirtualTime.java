// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** A clock that stands still until it is told to go on, and the alarms that ring by it. */
final class VirtualTime {
    private final List<Alarm> alarms = new ArrayList<>();
    private long now;

    /** How late alarms ring. */
    private long lateness;

    private static final class Alarm implements LongConsumer {
        final VirtualTime time;
        final Runnable rung;
        long at = Long.MAX_VALUE;

        Alarm(VirtualTime time, Runnable rung) {
            this.time = time;
            this.rung = rung;
        }

        @Override
        public void accept(long nanos) {
            at = time.now + nanos + time.lateness;
        }
    }

    LongConsumer alarm(Runnable rung) {
        Alarm alarm = new Alarm(this, rung);
        alarms.add(alarm);
        return alarm;
    }

    void lateness(long nanos) {
        lateness = nanos;
    }

    long now() {
        return now;
    }

    /** When the next alarm rings; MAX_VALUE for never. */
    long next() {
        return alarms.stream().mapToLong(alarm -> alarm.at).min().orElse(Long.MAX_VALUE);
    }

    /** Goes on to the time, ringing what is due on the way. */
    void goTo(long time) {
        for (long next = next(); next <= time; next = next()) {
            now = Math.max(now, next);
            for (Alarm alarm : List.copyOf(alarms)) {
                if (alarm.at <= now) {
                    alarm.at = Long.MAX_VALUE;
                    alarm.rung.run();
                }
            }
        }
        now = Math.max(now, time);
    }
}
