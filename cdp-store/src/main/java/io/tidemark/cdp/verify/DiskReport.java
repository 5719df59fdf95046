// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.HistorySummary.Interval;
import java.util.List;

/**
 * What was found in one history.
 *
 * @param records how many records were read
 * @param bytes what its content and its log take
 * @param damage everything that is not as it should be; torn ends are harmless
 * @param restorable the intervals whose points can be restored, as far as the records say; states that hold damaged content
 *     can't be
 */
public record DiskReport(String disk, long records, long bytes, List<Damage> damage, List<Interval> restorable) {
    public boolean isDamaged() {
        return damage.stream().anyMatch(found -> !found.torn());
    }
}
