// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.LatencyStatus;
import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.agent.status.QueueStatus;
import io.tidemark.agent.status.SpoolStatus;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Running agents, for people. */
final class StatusText {
    private StatusText() {}

    static void print(StatusReport report, PrintWriter out) {
        for (StatusReport.OfAgent one : report.agents()) {
            out.println(
                    "agent " + one.agent().pid() + "  version " + one.agent().version() + "  up "
                            + Units.seconds(one.agent().uptime()) + "  " + one.control());
            for (int i = 0; i < one.disks().size(); i++) {
                disk(one.disks().get(i), out);
                if (i < one.rates().size()) {
                    rates(one.rates().get(i), out);
                }
                ThrottleText.print(one.disks().get(i).throttle(), "  ", out);
                protection(one.disks().get(i).protection(), out);
            }
        }
    }

    private static void disk(DiskStatus disk, PrintWriter out) {
        out.println("disk " + disk.id() + "  " + disk.image() + "  "
                + Units.bytes(disk.geometry().capacity()) + (disk.geometry().readOnly() ? " read-only" : "") + "  "
                + disk.socket() + "  " + (disk.connected() ? "connected" : "not connected"));
        Table table = new Table(
                "queue",
                "ring",
                "requests",
                "failed",
                "read",
                "written",
                "in flight",
                "oldest",
                "kicks",
                "interrupts",
                "poll hits",
                "p50",
                "p99",
                "p99.9",
                "max");
        for (QueueStatus queue : disk.queues()) {
            LatencyStatus latency = queue.latency();
            table.row(
                    queue.index(),
                    queue.running() ? "running" : "stopped",
                    queue.requests(),
                    queue.failed(),
                    Units.bytes(queue.readBytes()),
                    Units.bytes(queue.writtenBytes()),
                    queue.inFlight(),
                    Units.micros(queue.oldestMicros()),
                    queue.kicks(),
                    queue.interrupts(),
                    queue.pollHits(),
                    Units.micros(latency.p50()),
                    Units.micros(latency.p99()),
                    Units.micros(latency.p999()),
                    Units.micros(latency.max()));
        }
        table.print(out, "  ");
        disk.queues().stream()
                .filter(queue -> queue.stopReason() != null)
                .forEach(queue -> out.println("  queue " + queue.index() + " stopped: " + queue.stopReason()));
    }

    private static void rates(StatusReport.Rates rates, PrintWriter out) {
        out.println("  now " + Units.rate(rates.requests()) + " requests/s, "
                + Units.bytes((long) rates.readBytes()) + "/s read, "
                + Units.bytes((long) rates.writtenBytes()) + "/s written");
    }

    static void protection(ProtectionStatus protection, PrintWriter out) {
        String state = protection.state().name().toLowerCase(Locale.ROOT);
        if (protection.state() == ProtectionStatus.State.OFF) {
            out.println("  protection off: nothing is recorded");
            return;
        }
        out.println("  protection " + state + "  write " + protection.position() + ", durable " + protection.durable()
                + ", lag " + protection.lagWrites() + " writes, " + Units.bytes(protection.lagBytes()) + ", "
                + Units.micros(protection.lagMicros()) + "  " + protection.store());
        for (String line : remarks(protection)) {
            out.println("  " + line);
        }
    }

    private static List<String> remarks(ProtectionStatus protection) {
        List<String> remarks = new java.util.ArrayList<>();
        if (protection.spool() != null) {
            SpoolStatus spool = protection.spool();
            remarks.add("spooling: " + Units.bytes(spool.bytes()) + " wait for the store, "
                    + (spool.limit() == 0 ? "no spool" : "spool " + Units.bytes(spool.limit())) + ", oldest "
                    + Units.micros(spool.ageMicros()) + ": " + spool.reason()
                    + (spool.failed() ? "; the spool's disk refuses too" : ""));
        }
        if (protection.gapReason() != null) {
            remarks.add("gap: " + protection.gapReason() + ", " + protection.lost() + " writes not captured");
        }
        if (protection.sync() != null) {
            remarks.add("sync: " + Units.bytes(protection.sync().done()) + " of "
                    + Units.bytes(protection.sync().total()));
        }
        if (protection.lastError() != null) {
            remarks.add("last error: " + protection.lastError());
        }
        return remarks;
    }
}
