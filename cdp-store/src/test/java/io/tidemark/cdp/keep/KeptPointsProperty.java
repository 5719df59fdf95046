// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** The choice against a naive model, in which every state is one number in a set: its time. */
class KeptPointsProperty {
    /** One history: states at some of the times 0 to 999, in runs. */
    @Provide
    Arbitrary<TreeSet<Long>> histories() {
        return Arbitraries.integers()
                .between(0, 60)
                .list()
                .ofMinSize(1)
                .ofMaxSize(30)
                .map(runs -> {
                    var states = new TreeSet<Long>();
                    long at = 0;
                    for (int i = 0; i < runs.size(); i++) {
                        long end = Math.min(at + runs.get(i), 1000);
                        if (i % 2 == 0) {
                            LongStream.rangeClosed(at, end).forEach(states::add);
                        }
                        at = end + 1;
                    }
                    return states;
                });
    }

    @Provide
    Arbitrary<RetentionRules> rules() {
        return Arbitraries.integers().between(0, 4).list().ofSize(6).map(numbers -> {
            var rules = new ArrayList<RetentionRule>();
            long age = 10L + 20 * numbers.get(0);
            if (numbers.get(1) > 0) {
                rules.add(new RetentionRule(age, RetentionRule.EVERY_WRITE));
            }
            long step = 3L + numbers.get(2);
            for (int i = 3; i < 6; i++) {
                if (numbers.get(i) > 0) {
                    age += 40L * numbers.get(i);
                    rules.add(new RetentionRule(age, step));
                    // Some steps are multiples of those before them, some aren't.
                    step = step * 2 + numbers.get(i) % 2;
                }
            }
            return new RetentionRules(rules);
        });
    }

    /** Rules are obeyed again and again while time goes on: what the disk was at a moment is the same as if nothing had gone. */
    @Property(tries = 300)
    void theDiskAtEachMomentIsWhatItWas(
            @ForAll("histories") TreeSet<Long> all,
            @ForAll("rules") RetentionRules rules,
            @ForAll @IntRange(min = 1, max = 120) int pace) {
        var left = new TreeSet<Long>();
        var coming = new TreeSet<>(all);
        for (long now = 0; now <= 1200; now += pace) {
            left.addAll(coming.headSet(now, true));
            coming.removeAll(left);
            var kept = KeptPoints.of(rules, stretches(left), now);
            var expected = naive(rules, left, now);
            left.removeIf(
                    state -> state < kept.exactSince() && !single(kept, left).contains(state));
            assertThat(left).isEqualTo(expected);
            for (long moment : rules.moments(now)) {
                assertThat(left.floor(moment))
                        .as("at %s, moment %s", now, moment)
                        .isEqualTo(all.floor(moment));
            }
            assertThat(left.isEmpty() || rules.keepAll() || left.first() >= kept.horizon())
                    .isTrue();
        }
    }

    private static TreeSet<Long> single(KeptPoints kept, TreeSet<Long> states) {
        var single = new TreeSet<Long>();
        kept.times().forEach(time -> single.add(states.floor(time)));
        return single;
    }

    private static TreeSet<Long> naive(RetentionRules rules, TreeSet<Long> states, long now) {
        var kept = new TreeSet<Long>();
        if (rules.keepAll()) {
            kept.addAll(states);
        }
        for (var rule : rules.rules()) {
            for (long moment = now; moment >= now - rule.age(); moment--) {
                boolean wanted = rule.keepsEveryWrite() || moment % rule.step() == 0;
                if (wanted && states.floor(moment) != null) {
                    kept.add(states.floor(moment));
                }
            }
        }
        // The newest state never goes.
        if (!states.isEmpty()) {
            kept.add(states.last());
        }
        return kept;
    }

    private static List<Stretch> stretches(TreeSet<Long> states) {
        var stretches = new ArrayList<Stretch>();
        var begin = OptionalLong.empty();
        long last = -1;
        for (long state : states) {
            if (begin.isPresent() && state != last + 1) {
                stretches.add(new Stretch(begin.getAsLong(), last));
                begin = OptionalLong.empty();
            }
            begin = OptionalLong.of(begin.orElse(state));
            last = state;
        }
        begin.ifPresent(from -> stretches.add(new Stretch(from, states.last())));
        return stretches;
    }
}
