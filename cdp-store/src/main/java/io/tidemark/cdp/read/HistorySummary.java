// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.catalogue.MarkEntry;
import java.util.List;

/**
 * A history in short.
 *
 * @param coverage the intervals whose every point can be restored, ascending
 * @param keptStates how many of them are single states, kept of a time of which the others are gone: the first ones
 * @param lastNumber the last write number recorded
 * @param guestBytes bytes that the guest wrote, zeros left out
 * @param syncBytes bytes that were read from the disk, to begin the history or to end a gap
 * @param running an agent writes it now
 * @param cleanEnd the last writer ended as it should
 */
public record HistorySummary(
        String disk,
        long capacity,
        List<Interval> coverage,
        int keptStates,
        List<Gap> gaps,
        List<MarkEntry> marks,
        List<Damage> damage,
        long lastNumber,
        long writes,
        long zeroes,
        long discards,
        long flushes,
        long guestBytes,
        long syncBytes,
        boolean running,
        boolean cleanEnd) {
    /**
     * All states of an interval.
     *
     * @param from its first state
     * @param to its last state
     * @param begin microseconds since 1970
     * @param end microseconds since 1970
     */
    public record Interval(long from, long to, long begin, long end) {}
}
