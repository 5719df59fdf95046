// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.status.DiskStats;
import io.tidemark.agent.status.KindStats;
import io.tidemark.agent.status.QueueStats;
import io.tidemark.agent.status.StatsPeriod;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The counters of a disk, for people. */
final class StatsText {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final String LINE = "%-8s %5s %8s %12s %8s %8s %8s %12s %8s %8s %8s %9s %8s %7s %7s%n";

    private StatsText() {}

    /** All that was counted: the kinds of requests, and what passed between queue and guest. */
    static void totals(StatsPeriod total, PrintWriter out) {
        Table kinds = new Table("queue", "type", "requests", "bytes", "p50", "p99", "p99.9", "max");
        Table queues = new Table(
                "queue",
                "failed",
                "in flight",
                "oldest",
                "kicks",
                "saved",
                "interrupts",
                "saved",
                "poll hits",
                "sleeps");
        for (QueueStats queue : total.queues()) {
            kind(kinds, queue, "read", queue.read());
            kind(kinds, queue, "write", queue.write());
            kind(kinds, queue, "flush", queue.flush());
            kind(kinds, queue, "discard", queue.discard());
            kind(kinds, queue, "write zeroes", queue.writeZeroes());
            queues.row(
                    queue.index(),
                    queue.failed(),
                    queue.inFlight(),
                    Units.micros(queue.oldestMicros()),
                    queue.kicks(),
                    queue.kicksSaved(),
                    queue.interrupts(),
                    queue.interruptsSaved(),
                    queue.pollHits(),
                    queue.sleeps());
        }
        out.println("in " + Units.seconds(total.seconds()) + ":");
        kinds.print(out, "  ");
        queues.print(out, "  ");
    }

    private static void kind(Table table, QueueStats queue, String name, KindStats kind) {
        if (kind.requests() > 0) {
            table.row(
                    queue.index(),
                    name,
                    kind.requests(),
                    Units.bytes(kind.bytes()),
                    Units.micros(kind.latency().p50()),
                    Units.micros(kind.latency().p99()),
                    Units.micros(kind.latency().p999()),
                    Units.micros(kind.latency().max()));
        }
    }

    /** A line for each queue, under a heading if it is time for one. */
    static void interval(DiskStats stats, boolean heading, PrintWriter out) {
        if (heading) {
            out.printf(
                    LINE,
                    "time",
                    "queue",
                    "reads/s",
                    "read/s",
                    "p50",
                    "p99",
                    "writes/s",
                    "written/s",
                    "p50",
                    "p99",
                    "other/s",
                    "in flight",
                    "oldest",
                    "k saved",
                    "i saved");
        }
        double seconds = stats.interval().seconds();
        for (QueueStats queue : stats.interval().queues()) {
            KindStats read = queue.read();
            KindStats write = queue.write();
            long other = queue.flush().requests()
                    + queue.discard().requests()
                    + queue.writeZeroes().requests();
            long all = read.requests() + write.requests() + other;
            out.printf(
                    LINE,
                    TIME.format(stats.time().atZone(ZoneId.systemDefault())),
                    queue.index(),
                    Units.rate(read.requests() / seconds),
                    Units.bytes((long) (read.bytes() / seconds)),
                    Units.micros(read.latency().p50()),
                    Units.micros(read.latency().p99()),
                    Units.rate(write.requests() / seconds),
                    Units.bytes((long) (write.bytes() / seconds)),
                    Units.micros(write.latency().p50()),
                    Units.micros(write.latency().p99()),
                    Units.rate(other / seconds),
                    queue.inFlight(),
                    Units.micros(queue.oldestMicros()),
                    share(queue.kicksSaved(), all),
                    share(queue.interruptsSaved(), all));
        }
    }

    private static String share(long part, long all) {
        return all == 0 ? "-" : String.format(Locale.ROOT, "%.0f %%", 100.0 * part / all);
    }
}
