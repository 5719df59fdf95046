// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.history.RetentionReport;
import java.io.PrintWriter;

/** What is kept of a history, for people. */
final class RetentionText {
    private RetentionText() {}

    /** @param preview whether nothing has gone yet */
    static void print(RetentionReport report, boolean preview, PrintWriter out) {
        out.println("disk " + report.disk() + ": retention " + report.rules() + ", quota "
                + (report.quota() == null ? "none" : Units.bytes(report.quota())) + "; takes "
                + Units.bytes(report.bytes()));
        if (report.singlesSince() != null) {
            out.println("every write since " + Units.time(report.singlesSince()));
        }
        if (!report.kept().isEmpty()) {
            out.println("states before that:");
            Table table = new Table("time", "write");
            report.kept().forEach(kept -> table.row(Units.time(kept.time()), kept.write()));
            table.print(out, "  ");
        }
        goes(report, preview ? "would go: " : "went: ", out);
        if (report.putOff() != null) {
            out.println("put off: " + report.putOff());
        }
    }

    private static void goes(RetentionReport report, String what, PrintWriter out) {
        RetentionReport.Going goes = report.goes();
        if (goes.lastWrite() > 0) {
            out.println(what + "single states up to write " + goes.lastWrite());
        }
        if (goes.states() > 0) {
            out.println(what + goes.states() + " kept states");
        }
        if (goes.lastWrite() == 0 && goes.states() == 0) {
            out.println(what + "nothing");
        }
    }
}
