// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.history.Progress;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** One line that tells how far something is, at what rate, and how long it will take. Silent in the first two seconds. */
final class ProgressLine implements Progress, AutoCloseable {
    private static final Duration SILENT = Duration.ofSeconds(2);
    private static final Duration PERIOD_TERMINAL = Duration.ofMillis(500);
    private static final Duration PERIOD_LOG = Duration.ofSeconds(5);

    private final PrintWriter err;
    private final boolean terminal;
    private final String what;
    private final InstantSource clock;
    private final Instant begun;
    private Instant next;
    private boolean open;

    /**
     * @param err where to, or null for nowhere
     * @param terminal whether the line can be written over
     */
    ProgressLine(PrintWriter err, boolean terminal, String what, InstantSource clock) {
        this.err = err;
        this.terminal = terminal;
        this.what = what;
        this.clock = clock;
        this.begun = clock.instant();
        this.next = begun.plus(SILENT);
    }

    @Override
    public void at(long done, long total) {
        if (err == null) {
            return;
        }
        Instant now = clock.instant();
        if (now.isBefore(next)) {
            return;
        }
        next = now.plus(terminal ? PERIOD_TERMINAL : PERIOD_LOG);
        String line = line(done, total, Duration.between(begun, now).toMillis() / 1000.0);
        if (terminal) {
            err.print("\r" + line + "\u001b[K");
            open = true;
        } else {
            err.println(line);
        }
        err.flush();
    }

    private String line(long done, long total, double seconds) {
        double rate = done / seconds;
        String line = what + " " + Units.bytes(done);
        if (total > 0) {
            line += " of " + Units.bytes(total) + " (" + Math.min(100, done * 100 / total) + " %)";
        }
        line += ", " + Units.bytes((long) rate) + "/s";
        if (total > done && rate > 0) {
            line += ", " + Units.seconds((total - done) / rate) + " left";
        }
        return line;
    }

    /** Ends the line. */
    @Override
    public void close() {
        if (open) {
            err.println();
            err.flush();
            open = false;
        }
    }
}
