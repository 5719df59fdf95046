// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.history.BlameReport;
import io.tidemark.agent.history.ChangedReport;
import io.tidemark.agent.history.ExportReport;
import io.tidemark.agent.history.FlushReport;
import io.tidemark.agent.history.Histories;
import io.tidemark.agent.history.HistoryReport;
import io.tidemark.agent.history.Progress;
import io.tidemark.agent.history.RestoreOrder;
import io.tidemark.agent.history.RestoreReport;
import io.tidemark.agent.history.RetentionOrder;
import io.tidemark.agent.history.RetentionReport;
import io.tidemark.agent.history.SalvageReport;
import io.tidemark.agent.history.Stretch;
import io.tidemark.agent.history.VerifyReport;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.Point;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/** A store that says what a test wants to see printed. */
final class FakeHistories implements Histories {
    private static final Instant TIME = Instant.parse("2026-01-31T12:00:00.25Z");
    private static final Instant DAY = Instant.parse("2026-01-30T13:00:00Z");
    private static final HistoryReport.Interval INTERVAL =
            new HistoryReport.Interval(0, 100, TIME, Instant.parse("2026-01-31T12:10:00Z"), "write", 101);

    RuntimeException failure;
    String renewed = "";
    List<String> damage = List.of();
    RestoreOrder restored;
    RetentionOrder retained;
    Stretch look;
    RestoreStatus.State inPlace = RestoreStatus.State.DONE;
    int work;

    @Override
    public HistoryReport history(StoreName store, String disk) {
        check();
        return new HistoryReport(
                disk,
                store.toString(),
                1L << 30,
                new HistoryReport.Horizon(7, DAY),
                List.of(new HistoryReport.Interval(7, 90, DAY, TIME, "1h", 23), INTERVAL),
                List.of(
                        new HistoryReport.Gap("START", 0, 0L, Instant.parse("2026-01-31T11:59:00Z"), TIME),
                        new HistoryReport.Gap("OVERLOAD", 100, null, INTERVAL.to(), null)),
                List.of(new HistoryReport.Mark("before upgrade", 42, Instant.parse("2026-01-31T12:05:00Z"), true)),
                new HistoryReport.Counts(500, 3, 4, 20),
                HistoryReport.Sizes.of(90 << 20, 10 << 20, 29 << 20, 1 << 20, 2 << 20),
                false);
    }

    @Override
    public FlushReport flushes(Stretch stretch, int limit) {
        look = stretch;
        return new FlushReport(stretch.disk(), 20, List.of(new FlushReport.Flush(42, TIME)));
    }

    @Override
    public BlameReport blame(Stretch stretch, long offset, long length, int limit) {
        look = stretch;
        return new BlameReport(
                stretch.disk(),
                offset,
                length,
                List.of(new BlameReport.Touch(42, TIME, "write", offset, 8192)),
                limit == 1);
    }

    @Override
    public void changed(Stretch stretch, boolean exact, ChangedReport.Sink sink) {
        look = stretch;
        sink.begin(new ChangedReport(
                stretch.disk(),
                1 << 30,
                new ChangedReport.State(1, TIME),
                new ChangedReport.State(42, INTERVAL.to()),
                exact));
        sink.extent(new ChangedReport.Extent(4096, 512, false));
        sink.extent(new ChangedReport.Extent(8192, 4096, true));
    }

    @Override
    public RestoreReport restore(RestoreOrder order, Progress progress) {
        check();
        restored = order;
        progress.at(1, 2);
        return new RestoreReport(order.disk(), 42, TIME, order.image(), 1L << 30, 1 << 20, 2.6);
    }

    @Override
    public RestoreStatus restoreInPlace(RestoreOrder order, Progress comparing, Supplier<Progress> restoring) {
        check();
        restored = order;
        comparing.at(1, 2);
        restoring.get().at(1, 2);
        return new RestoreStatus(
                order.disk(),
                inPlace,
                order.asked(),
                42L,
                TIME,
                "before restore",
                2,
                2,
                4096,
                inPlace == RestoreStatus.State.DONE ? null : "disk vda: it broke");
    }

    @Override
    public boolean isWritten(StoreName store, String disk) {
        return false;
    }

    @Override
    public RetentionReport retain(StoreName store, String disk, RetentionOrder order, boolean preview) {
        check();
        retained = preview ? null : order;
        return new RetentionReport(
                disk,
                "12h:write/24h:1h",
                50L << 30,
                TIME,
                List.of(new RetentionReport.Kept(42, TIME)),
                new RetentionReport.Going(3, 1, 41),
                30 << 20,
                "one that reads the state at write 7");
    }

    @Override
    public VerifyReport verify(StoreName store, Progress progress) {
        check();
        for (int i = 0; i < work; i++) {
            progress.at(i, work);
        }
        return new VerifyReport(
                store.toString(),
                List.of(new VerifyReport.Disk("vda", 7, List.of(INTERVAL), damage, List.of("torn tail cut"))),
                1 << 20,
                1);
    }

    @Override
    public ExportReport export(StoreName from, String disk, StoreName to, Progress progress) {
        check();
        return new ExportReport(disk, from.toString(), to.toString(), 90 << 20, 10 << 20, 7, null, 2.6);
    }

    @Override
    public ExportReport export(StoreName from, String disk, Point point, StoreName to, Progress progress) {
        check();
        long write = ((Point.WriteNumber) point).number();
        return new ExportReport(disk, from.toString(), to.toString(), 90 << 20, 0, 7, write, 2.6);
    }

    @Override
    public SalvageReport salvage(StoreName store, String disk, List<Point> points, Progress progress) {
        check();
        return new SalvageReport(
                disk,
                store.toString(),
                false,
                damage,
                List.of(INTERVAL),
                List.of(),
                List.of(new SalvageReport.AtPoint(
                        100,
                        INTERVAL.to(),
                        1 << 20,
                        damage.isEmpty() ? List.of() : List.of(new SalvageReport.Part(4096, 8192)))));
    }

    @Override
    public void renewIdentity(StoreName store, String disk) {
        check();
        renewed = disk;
    }

    private void check() {
        if (failure != null) {
            throw failure;
        }
    }
}
