// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.history.HistoryReport.Horizon;
import io.tidemark.agent.history.HistoryReport.Interval;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.StoredBytes;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.keep.KeptStretch;
import io.tidemark.cdp.keep.LockedMark;
import io.tidemark.cdp.keep.RetentionFile;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.HistorySummary;
import java.util.ArrayList;
import java.util.List;

/** Lists what there is of a history, and how finely. */
final class HistoryListing {
    private final HistoryReader reader;
    private final HistorySummary summary;
    private final RetentionFile retention;
    private final long now;

    /** @param now in microseconds since 1970 */
    HistoryListing(HistoryReader reader, long now) {
        this.reader = reader;
        this.summary = reader.summary();
        this.retention = RetentionFile.read(reader.history().place());
        this.now = now;
    }

    HistoryReport report(StoreName store) {
        List<Interval> intervals = intervals();
        return new HistoryReport(
                summary.disk(),
                store.toString(),
                summary.capacity(),
                intervals.isEmpty()
                        ? null
                        : new Horizon(
                                intervals.getFirst().firstWrite(),
                                intervals.getFirst().from()),
                intervals,
                summary.gaps().stream().map(StoreHistories::gap).toList(),
                summary.marks().stream()
                        .map(mark -> new HistoryReport.Mark(
                                mark.name(),
                                mark.number(),
                                Micros.instant(mark.time()),
                                retention.locked().contains(new LockedMark(mark.name(), mark.number()))))
                        .toList(),
                new HistoryReport.Counts(summary.writes(), summary.zeroes(), summary.discards(), summary.flushes()),
                sizes(),
                summary.running());
    }

    private List<Interval> intervals() {
        var intervals = new ArrayList<Interval>();
        List<HistorySummary.Interval> singles = summary.coverage()
                .subList(summary.keptStates(), summary.coverage().size());
        long until = singles.isEmpty() ? now : singles.getFirst().begin();
        for (KeptStretch stretch : KeptStretch.of(
                retention.retention().rules(), reader.kept().subList(0, summary.keptStates()), until, now)) {
            intervals.add(new Interval(
                    stretch.first(),
                    stretch.last(),
                    Micros.instant(stretch.begin()),
                    Micros.instant(stretch.end()),
                    stretch.granularity(),
                    stretch.states()));
        }
        singles.stream().map(StoreHistories::interval).forEach(intervals::add);
        return intervals;
    }

    private HistoryReport.Sizes sizes() {
        StoredBytes stored = StoredBytes.of(reader.history());
        return HistoryReport.Sizes.of(
                summary.guestBytes(), summary.syncBytes(), stored.content(), stored.metadata(), stored.layers());
    }
}
