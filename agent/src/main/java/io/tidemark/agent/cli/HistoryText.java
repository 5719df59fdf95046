// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.history.HistoryReport;
import java.io.PrintWriter;

/** A history, for people. */
final class HistoryText {
    private HistoryText() {}

    static void print(HistoryReport report, PrintWriter out) {
        out.println("disk " + report.disk() + "  " + Units.bytes(report.capacity()) + "  in " + report.store());
        if (report.intervals().isEmpty()) {
            out.println("nothing is restorable yet");
        } else {
            HistoryReport.Horizon horizon = report.horizon();
            out.println("horizon: " + Units.time(horizon.time()) + ", write " + horizon.write());
            out.println("restorable:");
            intervals(report, out);
        }
        if (!report.gaps().isEmpty()) {
            out.println("gaps:");
            Table table = new Table("reason", "from", "to", "after write", "until write");
            report.gaps()
                    .forEach(gap -> table.row(
                            gap.reason(),
                            Units.time(gap.from()),
                            gap.to() == null ? "still open" : Units.time(gap.to()),
                            gap.afterWrite(),
                            gap.untilWrite() == null ? "" : gap.untilWrite()));
            table.print(out, "  ");
        }
        if (!report.marks().isEmpty()) {
            out.println("marks:");
            Table table = new Table("name", "write", "time");
            report.marks()
                    .forEach(mark -> table.row(
                            mark.name(), mark.write(), Units.time(mark.time()) + (mark.locked() ? "  locked" : "")));
            table.print(out, "  ");
        }
        HistoryReport.Counts counts = report.counts();
        out.println("recorded: " + counts.writes() + " writes, " + counts.zeroes() + " zeroings, " + counts.discards()
                + " discards, " + counts.flushes() + " flushes"
                + (counts.flushes() == 0 ? "" : " (--flush-points lists them)"));
        HistoryReport.Sizes sizes = report.sizes();
        out.println("sizes: " + Units.bytes(sizes.written()) + " written by the guest, " + Units.bytes(sizes.synced())
                + " read from the disk");
        out.println("stored: " + Units.bytes(sizes.stored()) + ", " + sizes.ratio() + " of that: "
                + Units.bytes(sizes.data()) + " content, " + Units.bytes(sizes.metadata()) + " log, "
                + Units.bytes(sizes.index()) + " index");
    }

    private static void intervals(HistoryReport report, PrintWriter out) {
        Table table = new Table("from", "to", "first", "last", "every", "states");
        report.intervals()
                .forEach(interval -> table.row(
                        Units.time(interval.from()),
                        Units.time(interval.to()),
                        interval.firstWrite(),
                        interval.lastWrite(),
                        interval.granularity(),
                        interval.states()));
        table.print(out, "  ");
    }
}
