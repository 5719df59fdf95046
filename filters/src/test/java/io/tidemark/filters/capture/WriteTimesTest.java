// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WriteTimesTest {
    private final WriteTimes times = new WriteTimes();

    @Test
    void tellsWhenTheOldestMissingChangeWasMade() {
        assertThat(times.timeBehind(0, 0)).isEqualTo(-1);
        for (int n = 1; n <= 1000; n++) {
            times.note(n, 1_000_000 + n * 1_000L);
        }
        assertThat(times.timeBehind(0, 1000)).isBetween(1_001_000L - 20_000, 1_001_000L);
        assertThat(times.timeBehind(499, 1000)).isBetween(1_500_000L - 20_000, 1_500_000L);
        assertThat(times.timeBehind(1000, 1000)).isEqualTo(-1);
    }

    /** Whoever never asks, or whose store never comes back, has it keep no more than it has room for. */
    @Test
    void aLongTimeIsToldWithASmallError() {
        long hour = 3_600_000_000L;
        for (long time = 0; time < 24 * hour; time += 50_000) {
            times.note(1 + time / 50_000, time);
        }
        long last = 24 * hour / 50_000;
        assertThat(times.timeBehind(0, last)).isZero();
        long half = last / 2;
        assertThat(times.timeBehind(half, last)).isBetween(half * 50_000 - hour / 4, half * 50_000);
        // Then all is durable, and the next ones are told exactly again.
        assertThat(times.timeBehind(last, last)).isEqualTo(-1);
        long later = 25 * hour;
        for (int n = 1; n <= 100; n++) {
            times.note(last + n, later + n * 1_000_000L);
        }
        assertThat(times.timeBehind(last, last + 100)).isEqualTo(later + 1_000_000);
    }
}
