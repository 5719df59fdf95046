// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WriteClockTest {
    @Test
    void runsByTheMonotonicClockBetweenTwoLooksAtTheSystems() {
        AtomicLong nanos = new AtomicLong(-5_000);
        WriteClock clock = new WriteClock(nanos::get, Clock.fixed(Instant.ofEpochSecond(7, 1_000), ZoneOffset.UTC));
        assertThat(clock.micros()).isEqualTo(7_000_001);
        nanos.addAndGet(2_500_000);
        assertThat(clock.micros()).isEqualTo(7_002_501);
        clock.adjust();
        assertThat(clock.micros()).isEqualTo(7_000_001);
    }
}
