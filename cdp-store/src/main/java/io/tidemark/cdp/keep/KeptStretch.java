// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.catalogue.KeptState;
import java.util.ArrayList;
import java.util.List;

/**
 * Kept states that follow each other, and how far apart the rules have them.
 *
 * @param first the last write of the first of them
 * @param last the last write of the last of them
 * @param begin time of the first, in microseconds since 1970
 * @param end time of the last
 * @param states how many there are
 * @param step of the rule that keeps them, in microseconds; {@link #SINGLE} if none does: locked marks, and states that are being read
 */
public record KeptStretch(long first, long last, long begin, long end, int states, long step) {
    public static final long SINGLE = 0;

    /** The step as rules are written, {@code 1h}; {@code state} for single states. */
    public String granularity() {
        return step == SINGLE ? "state" : Period.text(step);
    }

    /**
     * Puts neighbours of one rule together.
     *
     * @param kept ascending
     * @param until when all states begin to be there, in microseconds since 1970
     * @param now likewise
     */
    public static List<KeptStretch> of(RetentionRules rules, List<KeptState> kept, long until, long now) {
        var stretches = new ArrayList<KeptStretch>();
        for (int i = 0; i < kept.size(); i++) {
            var state = kept.get(i);
            long next = i + 1 < kept.size() ? kept.get(i + 1).time() : until;
            long step = step(rules, state.time(), next, now);
            var before = stretches.isEmpty() ? null : stretches.getLast();
            if (before != null && before.step == step) {
                stretches.set(
                        stretches.size() - 1,
                        new KeptStretch(
                                before.first, state.number(), before.begin, state.time(), before.states + 1, step));
            } else {
                stretches.add(new KeptStretch(state.number(), state.number(), state.time(), state.time(), 1, step));
            }
        }
        return stretches;
    }

    /** The finest rule that has a moment between two states; where they are older than the rules, and not gone yet, the coarsest. */
    private static long step(RetentionRules rules, long time, long next, long now) {
        long step = SINGLE;
        for (var rule : rules.rules()) {
            if (rule.keepsEveryWrite()) {
                continue;
            }
            long moment = Math.floorDiv(next - 1, rule.step()) * rule.step();
            if (moment >= time) {
                step = rule.step();
                if (moment >= now - rule.age()) {
                    return step;
                }
            }
        }
        return step;
    }
}
