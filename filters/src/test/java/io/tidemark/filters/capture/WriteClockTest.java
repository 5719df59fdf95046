// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WriteClockTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final AtomicLong nanos = new AtomicLong(-5_000);
    private volatile Instant system = Instant.ofEpochSecond(7, 1_000);
    private final WriteClock clock = new WriteClock(nanos::get, new Clock() {
        @Override
        public Instant instant() {
            return system;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    });

    private void pass(long time) {
        nanos.addAndGet(time);
        system = system.plusNanos(time);
    }

    @Test
    void runsByTheMonotonicClockBetweenTwoLooksAtTheSystems() {
        assertThat(clock.micros()).isEqualTo(7_000_001);
        nanos.addAndGet(2_500_000);
        assertThat(clock.micros()).isEqualTo(7_002_501);
    }

    @Test
    void followsForwardsAtOnceAndBackwardsAtHalfItsSpeed() {
        system = system.plusSeconds(100);
        assertThat(clock.micros()).isEqualTo(7_000_001);
        clock.adjust();
        assertThat(clock.micros()).isEqualTo(107_000_001);
        system = system.minusSeconds(4);
        clock.adjust();
        pass(SECOND);
        assertThat(clock.micros()).isEqualTo(108_000_001);
        pass(2 * SECOND);
        assertThat(clock.micros()).isEqualTo(109_000_001);
        pass(6 * SECOND);
        assertThat(clock.micros()).isEqualTo(system.getEpochSecond() * 1_000_000 + 1);
        pass(SECOND);
        assertThat(clock.micros()).isEqualTo(system.getEpochSecond() * 1_000_000 + 1);
    }

    @Test
    void isNotBeforeWhatAHistoryHas() {
        clock.notBefore(9_000_000);
        assertThat(clock.micros()).isGreaterThanOrEqualTo(9_000_000);
        clock.notBefore(8_000_000);
        clock.adjust();
        assertThat(clock.micros()).isGreaterThanOrEqualTo(9_000_000);
        clock.notBefore(Long.MAX_VALUE / 2000);
        assertThat(clock.micros()).as("nonsense is no guide").isLessThan(10_000_000);
    }

    @Test
    void neverGoesBackwardsWhateverTheSystemDoes() {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("WriteClockTest -Dtidemark.seed=" + seed);
        Random random = new Random(seed);
        long last = clock.micros();
        for (int i = 0; i < 10_000; i++) {
            switch (random.nextInt(4)) {
                case 0 -> system = system.plusNanos(random.nextLong(-20, 20) * SECOND / 10);
                case 1 -> clock.adjust();
                case 2 -> clock.notBefore(last + random.nextLong(-1_000_000, 1_000_000));
                default -> pass(random.nextLong(SECOND));
            }
            long now = clock.micros();
            assertThat(now).isGreaterThanOrEqualTo(last);
            last = now;
        }
    }
}
