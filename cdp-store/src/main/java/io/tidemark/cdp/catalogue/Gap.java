// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import io.tidemark.cdp.format.Micros;
import java.util.List;
import java.util.Optional;

/**
 * An interval without restorable points, at a place of the log.
 *
 * @param reason in words: "restart", "overload", "damage"
 * @param from the last write before it
 * @param to the write number at its end; -1 while it is open
 * @param begin when it began, microseconds since 1970
 * @param end when it ended; -1 while it is open
 * @param firstRecord where in the log it begins
 * @param lastRecord the record that ends it; {@link Long.MAX_VALUE} while it is open
 * @param restorableBefore whether the state that it begins at can be restored
 */
public record Gap(
        String reason,
        long from,
        long to,
        long begin,
        long end,
        long firstRecord,
        long lastRecord,
        boolean restorableBefore) {
    public boolean isOpen() {
        return lastRecord == Long.MAX_VALUE;
    }

    /** Whether the state of so many records lies in the gap. */
    public boolean holds(long records) {
        return records > firstRecord && records <= lastRecord || records == firstRecord && !restorableBefore;
    }

    /**
     * The gap that tells a state from others with its number: the last that ended before it, if nothing was numbered since.
     *
     * @param gaps ascending
     */
    public static Optional<Gap> telling(List<Gap> gaps, long number, long records) {
        Gap last = null;
        for (var gap : gaps) {
            last = !gap.isOpen() && gap.lastRecord < records ? gap : last;
        }
        return Optional.ofNullable(last).filter(gap -> gap.to == number);
    }

    /** As messages name it. */
    public String describe() {
        return "the gap (" + reason + ") after write " + from + " at " + Micros.text(begin)
                + (isOpen() ? ", which is still open" : ", until write " + to + " at " + Micros.text(end));
    }
}
