// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import java.util.ArrayList;
import java.util.List;

/**
 * What rules leave of a history: all states since some time, and single ones before it. What the disk was at each of the rules'
 * moments can be told from these alone.
 *
 * @param exactSince since when every state is kept, in microseconds since 1970; {@link Long#MIN_VALUE} if always
 * @param times of the single states, ascending: each means the last one of that time or before it
 */
public record KeptPoints(long exactSince, List<Long> times) {
    public KeptPoints {
        times = List.copyOf(times);
    }

    /**
     * @param stretches the states that there are, ascending; between them lie gaps, or states that are gone
     * @param now in microseconds since 1970
     */
    public static KeptPoints of(RetentionRules rules, List<Stretch> stretches, long now) {
        long exactSince = reached(rules.exactSince(now), stretches);
        var times = new ArrayList<Long>();
        int next = 0;
        Stretch last = null;
        for (long moment : rules.moments(now)) {
            while (next < stretches.size() && stretches.get(next).begin() <= moment) {
                last = stretches.get(next++);
            }
            if (last == null) {
                continue;
            }
            // In a gap the disk is shown as it was before it.
            long time = Math.min(moment, last.end());
            if (time < exactSince && (times.isEmpty() || times.getLast() < time)) {
                times.add(time);
            }
        }
        return new KeptPoints(exactSince, times);
    }

    /** The time of the state that a moment shows: on a disk where nothing is written, that may be long before. */
    private static long reached(long moment, List<Stretch> stretches) {
        for (var stretch : stretches.reversed()) {
            if (stretch.begin() <= moment) {
                return Math.min(moment, stretch.end());
            }
        }
        return moment;
    }

    /** The oldest time that can still be restored, as far as there are states at all. */
    public long horizon() {
        return times.isEmpty() ? exactSince : times.getFirst();
    }
}
