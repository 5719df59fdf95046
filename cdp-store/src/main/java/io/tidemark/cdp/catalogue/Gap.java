// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import io.tidemark.cdp.format.Micros;

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

    /** As messages name it. */
    public String describe() {
        return "the gap (" + reason + ") after write " + from + " at " + Micros.text(begin)
                + (isOpen() ? ", which is still open" : ", until write " + to + " at " + Micros.text(end));
    }
}
