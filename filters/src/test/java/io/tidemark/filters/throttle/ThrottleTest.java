// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.Request.Kind;
import io.tidemark.filters.FilterException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThrottleTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private static Limits iops(long rate, long burst) {
        return new Limits(Map.of(LimitKind.IOPS, new Limit(rate, burst)));
    }

    private static Limits bps(long rate, long burst) {
        return new Limits(Map.of(LimitKind.BPS, new Limit(rate, burst)));
    }

    private static void submit(ThrottledLoops loops, int count, Kind kind, long bytes) {
        for (int i = 0; i < count; i++) {
            assertThat(loops.submit(0, kind, bytes)).isTrue();
        }
    }

    @Test
    void withoutLimitsEverythingPasses() {
        ThrottledLoops loops = new ThrottledLoops(1, Limits.NONE);
        submit(loops, 50, Kind.WRITE, 1 << 20);
        assertThat(loops.passed).hasSize(50);
        assertThat(loops.throttle.delayed()).isZero();
    }

    @Test
    void theBurstPassesAtOnceAndTheRestAtTheRate() {
        ThrottledLoops loops = new ThrottledLoops(1, iops(100, 5));
        submit(loops, 10, Kind.READ, 512);
        assertThat(loops.passed).hasSize(5);
        assertThat(loops.throttle.waiting()).isEqualTo(5);
        loops.time.goTo(10 * MILLI - 1);
        assertThat(loops.passed).hasSize(5);
        loops.time.goTo(10 * MILLI);
        assertThat(loops.passed).hasSize(6);
        loops.time.goTo(50 * MILLI);
        assertThat(loops.passed).hasSize(10).extracting(Passed::number).isSorted();
        assertThat(loops.throttle.waiting()).isZero();
        assertThat(loops.throttle.delayed()).isEqualTo(5);
        // Saved up again.
        loops.time.goTo(SECOND);
        submit(loops, 10, Kind.READ, 512);
        assertThat(loops.passed).hasSize(15);
    }

    @Test
    void directionsHaveLimitsOfTheirOwn() {
        ThrottledLoops loops = new ThrottledLoops(
                1,
                new Limits(Map.of(LimitKind.IOPS_READ, new Limit(10, 1), LimitKind.BPS_WRITE, new Limit(1000, 4096))));
        submit(loops, 2, Kind.READ, 4096);
        submit(loops, 2, Kind.WRITE, 4096);
        submit(loops, 1, Kind.DISCARD, 1 << 30);
        submit(loops, 1, Kind.FLUSH, 0);
        assertThat(loops.passed).extracting(Passed::kind).containsExactly(Kind.READ, Kind.WRITE, Kind.FLUSH);
        loops.time.goTo(SECOND / 10);
        assertThat(loops.passed.getLast().kind()).isEqualTo(Kind.READ);
        // The discard moves no bytes; it waits behind the write, though, because changes keep their order.
        loops.time.goTo(4096 * MILLI);
        assertThat(loops.passed).extracting(Passed::kind).endsWith(Kind.WRITE, Kind.DISCARD);
    }

    @Test
    void aRequestLargerThanTheBurstGoesWhenTheBucketIsFullAndIsPaidOff() {
        ThrottledLoops loops = new ThrottledLoops(1, bps(1 << 20, 4096));
        submit(loops, 1, Kind.WRITE, 1 << 20);
        submit(loops, 1, Kind.WRITE, 512);
        assertThat(loops.passed).hasSize(1);
        loops.time.goTo(SECOND - 4 * MILLI);
        assertThat(loops.passed).hasSize(1);
        loops.time.goTo(SECOND);
        assertThat(loops.passed).hasSize(2);
    }

    @Test
    void loopsShareOneBudgetInTurns() {
        ThrottledLoops loops = new ThrottledLoops(2, iops(100, 1));
        for (int i = 0; i < 20; i++) {
            loops.submit(0, Kind.READ, 512);
        }
        for (int i = 0; i < 20; i++) {
            loops.submit(1, Kind.WRITE, 512);
        }
        loops.time.goTo(SECOND / 10);
        assertThat(loops.passed).hasSize(11);
        assertThat(loops.passed.stream().filter(one -> one.loop() == 0).count()).isBetween(5L, 6L);
    }

    @Test
    void newLimitsHoldForWhatWaits() {
        ThrottledLoops loops = new ThrottledLoops(2, iops(1, 1));
        submit(loops, 21, Kind.READ, 512);
        loops.limits(iops(1000, 1));
        loops.time.goTo(10 * MILLI);
        assertThat(loops.passed.size()).isBetween(10, 12);
        loops.limits(iops(100, 1));
        int before = loops.passed.size();
        loops.time.goTo(60 * MILLI);
        assertThat(loops.passed.size() - before).isBetween(4, 6);
        loops.limits(Limits.NONE);
        assertThat(loops.passed).hasSize(21);
        assertThat(loops.throttle.limits().isNone()).isTrue();
        submit(loops, 50, Kind.READ, 512);
        assertThat(loops.passed).hasSize(71);
    }

    @Test
    void aChangeOfLimitsIsNoNewBurst() {
        ThrottledLoops loops = new ThrottledLoops(1, iops(10, 10));
        submit(loops, 10, Kind.READ, 512);
        for (int i = 0; i < 5; i++) {
            loops.limits(iops(10 + i, 10));
            submit(loops, 2, Kind.READ, 512);
        }
        assertThat(loops.passed).hasSize(10);
    }

    @Test
    void whatIsLetGoIsPaidForByWhatComesLater() {
        ThrottledLoops loops = new ThrottledLoops(1, iops(10, 1));
        submit(loops, 21, Kind.WRITE, 512);
        loops.device(0).letGo();
        assertThat(loops.passed).hasSize(21).extracting(Passed::number).isSorted();
        submit(loops, 1, Kind.WRITE, 512);
        loops.time.goTo(2 * SECOND);
        assertThat(loops.passed).hasSize(21);
        loops.time.goTo(2 * SECOND + SECOND / 10);
        assertThat(loops.passed).hasSize(22);
    }

    @Test
    void otherFiltersBelowChangeNothing() {
        ThrottledLoops loops = new ThrottledLoops(2, iops(10, 1));
        submit(loops, 3, Kind.WRITE, 512);
        loops.attachAgain();
        assertThat(loops.passed).hasSize(1);
        loops.time.goTo(SECOND);
        assertThat(loops.passed).hasSize(3);
        assertThat(loops.throttle.delayed()).isEqualTo(2);
        loops.limits(Limits.NONE);
        loops.attachAgain();
        submit(loops, 5, Kind.WRITE, 512);
        assertThat(loops.passed).hasSize(8);
    }

    @Test
    void debtsDontOverflow() {
        ThrottledLoops loops = new ThrottledLoops(1, bps(1, 1));
        for (int i = 0; i < 100; i++) {
            submit(loops, 2, Kind.WRITE, 1L << 40);
            loops.device(0).letGo();
        }
        submit(loops, 1, Kind.WRITE, 512);
        loops.time.goTo(1000 * SECOND);
        assertThat(loops.throttle.waiting()).isEqualTo(1);
    }

    @Test
    void ratesAndBurstsHaveARange() {
        assertThat(Limit.of(2000)).isEqualTo(new Limit(2000, 200));
        assertThat(Limit.of(3)).isEqualTo(new Limit(3, 1));
        refused(() -> iops(0, 1), "throttle: iops=0 is out of range; choose 1 to 10000000, or leave it out");
        refused(() -> iops(10_000_001, 1), "iops=10000001");
        refused(() -> bps(-1, 1), "bps=-1");
        refused(() -> bps(Long.MAX_VALUE, 1), "bps=9223372036854775807");
        refused(() -> iops(1, 0), "throttle: iops-burst=0 is out of range");
        refused(
                () -> iops(1, 2_592_001),
                "iops-burst=2592001 is out of range; choose 1 to 2592000, thirty days' worth");
        assertThat(iops(1, 2_592_000).isNone()).isFalse();
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable limits, String message) {
        assertThatThrownBy(limits)
                .isInstanceOfSatisfying(
                        FilterException.class, e -> assertThat(e.code()).isEqualTo(FilterException.Code.BAD_LIMIT))
                .hasMessageContaining(message);
    }
}
