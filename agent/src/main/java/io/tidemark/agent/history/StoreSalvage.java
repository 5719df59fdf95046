// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.AgentException;
import io.tidemark.cdp.Export;
import io.tidemark.cdp.History;
import io.tidemark.cdp.StateExport;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.HistorySummary;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Salvage;
import java.util.List;

/** What is done with a store of which something is lost, or which is about to be left. */
final class StoreSalvage {
    private StoreSalvage() {}

    static ExportReport export(StoreName from, String disk, StoreName to, Progress progress) {
        long begin = System.nanoTime();
        try {
            var done = Export.run(Store.open(from.place()), disk, Store.openOrCreate(to.place()), progress::at);
            return new ExportReport(
                    disk,
                    from.toString(),
                    to.toString(),
                    done.bytes(),
                    done.kept(),
                    done.records(),
                    null,
                    (System.nanoTime() - begin) / 1e9);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    static ExportReport export(StoreName from, String disk, Point point, StoreName to, Progress progress) {
        long begin = System.nanoTime();
        try {
            var done = StateExport.run(
                    Store.open(from.place()), disk, point, Store.openOrCreate(to.place()), progress::at);
            return new ExportReport(
                    disk,
                    from.toString(),
                    to.toString(),
                    done.bytes(),
                    0,
                    done.records(),
                    done.state().number(),
                    (System.nanoTime() - begin) / 1e9);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    /** @param points those to look at; none, the last one of each interval */
    static SalvageReport salvage(StoreName name, String disk, List<Point> points, Progress progress) {
        var store = Store.remains(name.place());
        try {
            History history = store.remains(disk);
            try (var salvage = Salvage.open(history, store.isWritten(disk))) {
                var damage = salvage.damage(progress::at);
                var restorable = salvage.points();
                return new SalvageReport(
                        disk,
                        name.toString(),
                        isIdentityLost(store, disk),
                        damage.stream().map(StoreHistories::sentence).toList(),
                        StoreHistories.intervals(restorable),
                        salvage.gaps().stream().map(StoreHistories::gap).toList(),
                        points.isEmpty()
                                ? restorable.stream()
                                        .map(interval -> last(salvage, interval))
                                        .toList()
                                : points.stream()
                                        .map(point -> at(salvage, point))
                                        .toList());
            }
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    static void renewIdentity(StoreName name, String disk) {
        try {
            Store.remains(name.place()).renewIdentity(disk);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    private static boolean isIdentityLost(Store store, String disk) {
        try {
            store.history(disk);
            return false;
        } catch (StoreException _) {
            return true;
        }
    }

    /** By its time, because behind a gap in which nothing was numbered its number means what was read in that. */
    private static SalvageReport.AtPoint last(Salvage salvage, HistorySummary.Interval interval) {
        long time = interval.from() == interval.to() ? interval.begin() : interval.end();
        try {
            return at(salvage, new Point.Time(time));
        } catch (StoreException _) { // the segment that would tell the time is damaged
            return at(salvage, new Point.WriteNumber(interval.to()));
        }
    }

    private static SalvageReport.AtPoint at(Salvage salvage, Point point) {
        var found = salvage.at(point);
        return new SalvageReport.AtPoint(
                found.state().number(),
                StoreHistories.time(found.state().time()),
                found.bytes(),
                found.lost().stream()
                        .map(extent -> new SalvageReport.Part(extent.offset(), extent.length()))
                        .toList());
    }
}
