// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.serve.UnservedRestore;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.KeptHistory;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.HistorySummary;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.DiskReport;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.disk.ImageException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The histories that lie in store directories. */
public final class StoreHistories implements Histories {
    @Override
    public HistoryReport history(StoreName store, String disk) {
        try (HistoryReader reader = Store.open(store.place()).read(disk)) {
            return new HistoryListing(reader, Micros.of(Instant.now())).report(store);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    static List<HistoryReport.Interval> intervals(List<HistorySummary.Interval> coverage) {
        return coverage.stream().map(StoreHistories::interval).toList();
    }

    static HistoryReport.Interval interval(HistorySummary.Interval interval) {
        return new HistoryReport.Interval(
                interval.from(),
                interval.to(),
                time(interval.begin()),
                time(interval.end()),
                HistoryReport.Interval.EVERY_WRITE,
                interval.to() - interval.from() + 1);
    }

    static HistoryReport.Gap gap(io.tidemark.cdp.catalogue.Gap gap) {
        return new HistoryReport.Gap(
                gap.reason(),
                gap.from(),
                gap.isOpen() ? null : gap.to(),
                time(gap.begin()),
                gap.isOpen() ? null : time(gap.end()));
    }

    @Override
    public FlushReport flushes(Stretch stretch, int limit) {
        try (LookBack look = LookBack.at(stretch)) {
            return look.flushes(limit);
        }
    }

    @Override
    public BlameReport blame(Stretch stretch, long offset, long length, int limit) {
        try (LookBack look = LookBack.at(stretch)) {
            return look.blame(offset, length, limit);
        }
    }

    @Override
    public void changed(Stretch stretch, boolean exact, ChangedReport.Sink sink) {
        try (LookBack look = LookBack.at(stretch)) {
            look.changed(exact, sink);
        }
    }

    @Override
    public RestoreReport restore(RestoreOrder order, Progress progress) {
        long begin = System.nanoTime();
        try (HistoryReader reader = Store.open(order.store().place()).read(order.disk())) {
            ImageRestore.Done done = new ImageRestore(reader, order).run(progress);
            return new RestoreReport(
                    order.disk(),
                    done.state().number(),
                    time(done.state().time()),
                    order.image(),
                    reader.history().capacity(),
                    done.result().bytes(),
                    (System.nanoTime() - begin) / 1e9);
        } catch (StoreException e) {
            throw AgentException.of(e);
        } catch (ImageException e) {
            throw AgentException.of(e);
        }
    }

    @Override
    public RestoreStatus restoreInPlace(RestoreOrder order, Progress comparing, Supplier<Progress> restoring) {
        try {
            // Else a new history would be begun for a disk that has none there.
            Store.open(order.store().place()).history(order.disk());
            return UnservedRestore.run(
                    order.store(), order.disk(), order.image(), order.at().toString(), comparing, restoring);
        } catch (StoreException e) {
            throw AgentException.of(e);
        } catch (ImageException e) {
            throw AgentException.of(e);
        }
    }

    @Override
    public boolean isWritten(StoreName store, String disk) {
        try {
            return Store.open(store.place()).isWritten(disk);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    @Override
    public RetentionReport retain(StoreName store, String disk, RetentionOrder order, boolean preview) {
        try (KeptHistory kept = Store.open(store.place()).keep(disk)) {
            HistoryKeeper keeper = new HistoryKeeper(kept.history(), kept.keeper(), Optional.empty());
            return preview ? keeper.preview(order) : keeper.retain(order);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    @Override
    public VerifyReport verify(StoreName store, Progress progress) {
        long begin = System.nanoTime();
        try {
            io.tidemark.cdp.verify.VerifyReport found = Verify.run(Store.open(store.place()), progress::at);
            return new VerifyReport(
                    store.toString(),
                    found.disks().stream().map(StoreHistories::disk).toList(),
                    found.bytes(),
                    (System.nanoTime() - begin) / 1e9);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    @Override
    public ExportReport export(StoreName from, String disk, StoreName to, Progress progress) {
        return StoreSalvage.export(from, disk, to, progress);
    }

    @Override
    public ExportReport export(StoreName from, String disk, Point point, StoreName to, Progress progress) {
        return StoreSalvage.export(from, disk, point, to, progress);
    }

    @Override
    public SalvageReport salvage(StoreName store, String disk, List<Point> points, Progress progress) {
        return StoreSalvage.salvage(store, disk, points, progress);
    }

    @Override
    public void renewIdentity(StoreName store, String disk) {
        StoreSalvage.renewIdentity(store, disk);
    }

    private static VerifyReport.Disk disk(DiskReport report) {
        return new VerifyReport.Disk(
                report.disk(),
                report.records(),
                intervals(report.restorable()),
                report.damage().stream()
                        .filter(damage -> !damage.torn())
                        .map(StoreHistories::sentence)
                        .toList(),
                report.damage().stream()
                        .filter(Damage::torn)
                        .map(StoreHistories::sentence)
                        .toList());
    }

    static String sentence(Damage damage) {
        String writes = damage.firstNumber() == 0
                ? ""
                : "; writes " + damage.firstNumber() + " to " + damage.lastNumber() + " are affected";
        return damage.segment() + " at " + damage.offset() + ": " + damage.reason() + writes;
    }

    static Instant time(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
