// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.oracle;

import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.read.State;
import io.tidemark.integration.oracle.OracleLoad.Seen;
import io.tidemark.integration.process.LabException;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Says whether what a point of a history shows is what the disk was there, by what an {@link OracleLoad} has sent. One thread. */
public final class PointOracle {
    /** How far the agent's clock, which looks at the system's every ten seconds, and this process' may differ. */
    private static final long SLACK_NANOS = 20_000_000;

    private final OracleLoad load;

    /** What changes a stretch between gaps has beside its numbered ones; by the record of the log that it begins behind. */
    private final Map<Long, Range> unnumbered = new HashMap<>();

    private record Range(long least, long most) {}

    public PointOracle(OracleLoad load) {
        this.load = load;
    }

    /** Now, as histories give times: microseconds since 1970. */
    public static long now() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    /**
     * Throws unless the content is the disk at a state: every change in it that was acknowledged at a time, none that was sent later, and
     * as many as its number says, once what gaps have hidden is counted.
     *
     * @param content all of the disk
     * @param gaps all that the history ever had
     * @param from microseconds since 1970: when the state began
     * @param until likewise, when it still was the disk's
     */
    public void check(MemorySegment content, State state, Collection<Gap> gaps, long from, long until) {
        Seen seen = load.look(content);
        if (!seen.isAt(nanoTime(until) - SLACK_NANOS, nanoTime(from) + SLACK_NANOS)) {
            throw new LabException(
                    "%s is not what the disk was from %d to %d us: its newest change was sent at %d us, and %s"
                            .formatted(
                                    state,
                                    from,
                                    until,
                                    micros(seen.newestSent()),
                                    seen.missingAcknowledged() == Long.MAX_VALUE
                                            ? "none is missing"
                                            : "one is missing that was acknowledged at "
                                                    + micros(seen.missingAcknowledged()) + " us"));
        }
        long behind = gaps.stream()
                .filter(gap -> gap.lastRecord() < state.records())
                .mapToLong(Gap::lastRecord)
                .max()
                .orElse(0);
        Range found = new Range(seen.fewest() - state.number(), seen.most() - state.number());
        Range known = unnumbered.merge(
                behind,
                found,
                (one, other) -> new Range(Math.max(one.least, other.least), Math.min(one.most, other.most)));
        if (known.least > known.most) {
            throw new LabException(
                    "%s holds %d to %d changes, which is more or fewer than others between the same gaps do"
                            .formatted(state, seen.fewest(), seen.most()));
        }
    }

    /** How many changes lie in gaps. */
    public long unnumbered() {
        return unnumbered.values().stream().mapToLong(Range::least).max().orElse(0);
    }

    private static long nanoTime(long micros) {
        return System.nanoTime() - 1000 * (now() - micros);
    }

    private static long micros(long nanoTime) {
        return now() - (System.nanoTime() - nanoTime) / 1000;
    }
}
