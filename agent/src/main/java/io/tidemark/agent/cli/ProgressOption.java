// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.history.Progress;
import java.io.PrintWriter;
import java.time.InstantSource;
import picocli.CommandLine.Option;

/** Whether a command tells on stderr how far it is. */
final class ProgressOption {
    /** Set by the launcher, which can ask whether stderr is a terminal; the JVM can't. */
    private static final String TERMINAL = "tidemark.stderr.terminal";

    @Option(
            names = "--progress",
            negatable = true,
            description = "Tell on stderr how far it is (default: when that is a terminal).")
    private Boolean progress;

    ProgressLine start(PrintWriter err, String what) {
        boolean terminal = Boolean.getBoolean(TERMINAL);
        boolean wanted = progress == null ? terminal : progress;
        return new ProgressLine(wanted ? err : null, terminal, what, InstantSource.system());
    }

    Progress none() {
        return Progress.NONE;
    }
}
