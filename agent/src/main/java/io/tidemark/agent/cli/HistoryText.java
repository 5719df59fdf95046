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
            out.println("restorable:");
            intervals(report, out);
        }
        if (!report.gaps().isEmpty()) {
            out.println("gaps:");
            Table table = new Table("reason", "from", "to", "after write");
            report.gaps()
                    .forEach(gap -> table.row(
                            gap.reason(),
                            Units.time(gap.from()),
                            gap.to() == null ? "still open" : Units.time(gap.to()),
                            gap.afterWrite()));
            table.print(out, "  ");
        }
        if (!report.marks().isEmpty()) {
            out.println("marks:");
            Table table = new Table("name", "write", "time");
            report.marks().forEach(mark -> table.row(mark.name(), mark.write(), Units.time(mark.time())));
            table.print(out, "  ");
        }
        HistoryReport.Counts counts = report.counts();
        out.println("recorded: " + counts.writes() + " writes, " + counts.zeroes() + " zeroings, " + counts.discards()
                + " discards, " + counts.flushes() + " flushes");
        HistoryReport.Sizes sizes = report.sizes();
        out.println("sizes: " + Units.bytes(sizes.written()) + " written by the guest, " + Units.bytes(sizes.synced())
                + " read from the disk; stored as " + Units.bytes(sizes.data()) + " data and "
                + Units.bytes(sizes.metadata()) + " metadata (" + Units.percent(sizes.saved()) + " smaller)");
    }

    private static void intervals(HistoryReport report, PrintWriter out) {
        Table table = new Table("from", "to", "writes", "first", "last");
        report.intervals()
                .forEach(interval -> table.row(
                        Units.time(interval.from()),
                        Units.time(interval.to()),
                        interval.writes(),
                        interval.firstWrite(),
                        interval.lastWrite()));
        table.print(out, "  ");
    }
}
