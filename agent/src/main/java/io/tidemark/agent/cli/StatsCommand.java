// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.DiskStats;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark stats}: a disk's counters, once or again and again. */
@Command(
        name = "stats",
        description = "Shows the counters of a running disk by queue and kind of request; with --interval, live.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class StatsCommand implements Callable<Integer> {
    private static final int LINES_A_HEADING = 20;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Option(
            names = {"-i", "--interval"},
            paramLabel = "SECONDS",
            description = "Print what was counted in each interval of so many seconds, until interrupted.")
    private Double interval;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            defaultValue = "0",
            description = "End after so many intervals.")
    private int count;

    @Mixin
    private ControlOption control;

    @Mixin
    private OutputOption output;

    @Override
    public Integer call() {
        if (count < 0 || (count > 0 && interval == null)) {
            throw new AgentException(
                    Code.USAGE, "stats", "--count is how many intervals to print", "give it with --interval");
        }
        ControlClient agent = control.agentOf(disk);
        PrintWriter out = spec.commandLine().getOut();
        if (interval == null) {
            DiskStats stats = agent.stats(disk, null);
            output.print(out, stats, text -> StatsText.totals(stats.total(), text));
            return ExitCode.OK.number();
        }
        Duration time = Duration.ofMillis(Math.round(interval * 1000));
        for (int i = 0, lines = 0; (count == 0 || i < count) && !out.checkError(); i++) {
            DiskStats stats = agent.stats(disk, time);
            boolean heading = lines == 0;
            output.print(out, stats, text -> StatsText.interval(stats, heading, text));
            lines = lines + stats.interval().queues().size() >= LINES_A_HEADING
                    ? 0
                    : lines + stats.interval().queues().size();
        }
        return ExitCode.OK.number();
    }
}
