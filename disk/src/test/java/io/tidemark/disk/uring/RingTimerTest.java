// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RingTimerTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private int rung;

    private void awaitRung(IoUring ring, int times) {
        while (rung < times) {
            ring.enter(1);
            ring.reap();
        }
    }

    @Test
    void itRingsOnceAndNotEarly() {
        try (IoUring ring = new IoUring(8, 8)) {
            RingTimer timer = new RingTimer(ring, () -> rung++);
            for (int i = 1; i <= 3; i++) {
                long before = System.nanoTime();
                timer.set(5 * MILLI);
                awaitRung(ring, i);
                assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(5));
            }
            assertThat(ring.hasWork()).isFalse();
        }
    }

    @Test
    void theLastTimeSetCounts() {
        try (IoUring ring = new IoUring(8, 8)) {
            RingTimer timer = new RingTimer(ring, () -> rung++);
            timer.set(3600_000 * MILLI);
            ring.enter(0);
            timer.set(MILLI);
            awaitRung(ring, 1);
            timer.set(MILLI);
            ring.enter(0);
            timer.set(3600_000 * MILLI);
            timer.set(10 * MILLI);
            long before = System.nanoTime();
            awaitRung(ring, 2);
            assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(8 * MILLI);
        }
    }

    @Test
    void itIsSilentWhenCancelled() {
        RingTimer[] timers = new RingTimer[2];
        try (IoUring ring = new IoUring(8, 8)) {
            timers[0] = new RingTimer(ring, () -> {
                throw new AssertionError("cancelled");
            });
            timers[1] = new RingTimer(ring, () -> rung++);
            timers[0].set(MILLI);
            ring.enter(0);
            timers[0].cancel();
            timers[0].cancel();
            timers[1].set(5 * MILLI);
            awaitRung(ring, 1);
        }
    }

    @Test
    void aTimeThatHasPassedRingsAtOnce() {
        try (IoUring ring = new IoUring(8, 8)) {
            RingTimer timer = new RingTimer(ring, () -> rung++);
            timer.set(-5);
            awaitRung(ring, 1);
        }
    }
}
