// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.history.ChangedReport;
import io.tidemark.agent.json.Json;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Prints extents as they come: there may be millions. */
final class ChangedText implements ChangedReport.Sink {
    private final PrintWriter out;
    private final boolean json;
    private long count;
    private long bytes;

    ChangedText(PrintWriter out, boolean json) {
        this.out = out;
        this.json = json;
    }

    @Override
    public void begin(ChangedReport report) {
        if (json) {
            String head = line(report);
            out.print(head.substring(0, head.length() - 1) + ",\"extents\":[");
        } else {
            out.println("disk " + report.disk() + "  " + Units.bytes(report.capacity()) + "  from "
                    + text(report.from()) + " to " + text(report.to()));
            out.printf("%16s %12s  %s%n", "offset", "length", "content");
        }
    }

    private static String text(ChangedReport.State state) {
        return "write:" + state.write() + " (" + Units.time(state.time()) + ")";
    }

    @Override
    public void extent(ChangedReport.Extent extent) {
        if (json) {
            out.print((count == 0 ? "\n" : ",\n") + line(extent));
        } else {
            out.printf("%16d %12d  %s%n", extent.offset(), extent.length(), extent.zero() ? "zero" : "data");
        }
        count++;
        bytes += extent.length();
    }

    void end() {
        out.println(
                json
                        ? "],\"count\":" + count + ",\"bytes\":" + bytes + "}"
                        : count + " extents, " + Units.bytes(bytes));
        out.flush();
    }

    private static String line(Object value) {
        return new String(Json.bytes(value), StandardCharsets.UTF_8);
    }
}
