// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.Request;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** Random loads on random limits, by virtual time: what passes, and that everything does. */
class ThrottleProperty {
    private static final int LARGEST = 1 << 20;
    private static final int REQUESTS = 400;
    private static final Request.Kind[] KINDS = Request.Kind.values();

    /** Whole nanoseconds: each request may cost one too much. */
    private static final double ROUNDING = 1e-9 * REQUESTS;

    /** With one limit and alarms that ring in time, no interval gets more than its share. */
    @Property(tries = 150)
    void oneLimitIsKept(
            @ForAll LimitKind kind,
            @ForAll @IntRange(min = 1, max = 3) int loopCount,
            @ForAll @LongRange(min = 1, max = 100_000) long rate,
            @ForAll @LongRange(min = 1, max = 10_000) long burst,
            @ForAll long seed) {
        long unit = kind.countsBytes() ? 4096 : 1;
        Limit limit = new Limit(rate * unit, burst * unit);
        ThrottledLoops loops = new ThrottledLoops(loopCount, new Limits(Map.of(kind, limit)));
        load(loops, loopCount, seed, limit.rate() / (double) unit);
        long largest = kind.countsBytes() ? LARGEST : 1;
        kept(loops.passed, kind, limit, Math.max(limit.burst(), largest));
    }

    /** While somebody waits, nothing of the limit is left unused. */
    @Property(tries = 200)
    void aLimitIsUsedUp(
            @ForAll LimitKind kind,
            @ForAll @IntRange(min = 1, max = 4) int loopCount,
            @ForAll @LongRange(min = 1, max = 100_000) long rate,
            @ForAll @LongRange(min = 1, max = 300) long burst,
            @ForAll long seed) {
        Random random = new Random(seed);
        long unit = kind.countsBytes() ? 4096 : 1;
        Limit limit = new Limit(rate * unit, burst * unit);
        ThrottledLoops loops = new ThrottledLoops(loopCount, new Limits(Map.of(kind, limit)));
        for (int i = 0; i < loopCount * ThrottledLoops.CAPACITY; i++) {
            boolean read = kind.countsReads() && (!kind.countsWrites() || random.nextBoolean());
            loops.submit(
                    i % loopCount,
                    read ? Request.Kind.READ : Request.Kind.WRITE,
                    512L * (1 + random.nextInt(LARGEST / 512)));
        }
        finish(loops);
        long largest = kind.countsBytes() ? LARGEST : 1;
        double most = Math.max(0, loops.sum(kind) - limit.burst()) / (double) limit.rate();
        assertThat(loops.time.now() / 1e9).isLessThanOrEqualTo(most + largest / (double) limit.rate() + ROUNDING);
    }

    /** With several limits and late alarms, the first of each direction of each loop may meet others' turns. */
    @Property(tries = 150)
    void severalLimitsAreAllKept(
            @ForAll @IntRange(min = 1, max = 4) int loopCount,
            @ForAll @LongRange(min = 0, max = 5_000_000) long lateness,
            @ForAll long seed) {
        Random random = new Random(seed);
        Map<LimitKind, Limit> limits = new EnumMap<>(LimitKind.class);
        for (LimitKind kind : LimitKind.values()) {
            if (random.nextBoolean()) {
                long unit = kind.countsBytes() ? 4096 : 1;
                limits.put(kind, new Limit((1 + random.nextInt(20_000)) * unit, (1 + random.nextInt(500)) * unit));
            }
        }
        ThrottledLoops loops = new ThrottledLoops(loopCount, new Limits(limits));
        loops.time.lateness(lateness);
        load(loops, loopCount, seed, 1000);
        limits.forEach((kind, limit) -> {
            long largest = kind.countsBytes() ? LARGEST : 1;
            kept(loops.passed, kind, limit, Math.max(limit.burst(), largest) + 2 * loopCount * largest);
        });
    }

    /** Bursts and pauses; at last all that waits passes, each loop's directions in their order. */
    private static void load(ThrottledLoops loops, int loopCount, long seed, double perSecond) {
        Random random = new Random(seed);
        int sent = 0;
        while (sent < REQUESTS) {
            for (int i = 1 + random.nextInt(20); i > 0; i--) {
                Request.Kind kind = KINDS[random.nextInt(KINDS.length)];
                long bytes = kind == Request.Kind.FLUSH ? 0 : 512L * (1 + random.nextInt(LARGEST / 512));
                if (loops.submit(
                        random.nextInt(loopCount), kind, random.nextBoolean() ? Math.min(bytes, 4096) : bytes)) {
                    sent++;
                }
            }
            loops.time.goTo(loops.time.now() + (long) (random.nextDouble() * 40e9 / perSecond));
            if (loops.time.next() != Long.MAX_VALUE && random.nextBoolean()) {
                loops.time.goTo(loops.time.next());
            }
        }
        finish(loops);
        assertThat(loops.passed).hasSize(sent);
        for (int loop = 0; loop < loopCount; loop++) {
            int which = loop;
            for (boolean read : new boolean[] {true, false}) {
                assertThat(loops.passed.stream()
                                .filter(one -> one.loop() == which && one.kind() != Request.Kind.FLUSH)
                                .filter(one -> (one.kind() == Request.Kind.READ) == read)
                                .map(Passed::number))
                        .isSorted();
            }
        }
    }

    private static void finish(ThrottledLoops loops) {
        for (long next = loops.time.next(); next != Long.MAX_VALUE; next = loops.time.next()) {
            loops.time.goTo(next);
        }
        assertThat(loops.waiting()).isZero();
        assertThat(loops.throttle.waiting()).isZero();
    }

    private static void kept(List<Passed> passed, LimitKind kind, Limit limit, long above) {
        for (int from = 0; from < passed.size(); from++) {
            long sum = 0;
            for (int to = from; to < passed.size(); to++) {
                sum += passed.get(to).amount(kind);
                double seconds = (passed.get(to).time() - passed.get(from).time()) / 1e9;
                assertThat((double) sum)
                        .as("%s: requests %d to %d, in %s s", limit, from, to, seconds)
                        .isLessThanOrEqualTo(limit.rate() * (seconds + 1e-9) + above);
            }
        }
    }
}
