// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.FlushReport;
import io.tidemark.agent.history.HistoryReport;
import io.tidemark.agent.history.Stretch;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark history}: what a store holds of a disk. */
@Command(
        name = "history",
        description = "Shows what a store holds of a disk: restorable intervals, gaps, marks and sizes.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class HistoryCommand implements Callable<Integer> {
    private final Wiring wiring;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Mixin
    private StoreOption store;

    @Option(
            names = "--flush-points",
            arity = "0..1",
            fallbackValue = "..",
            paramLabel = "A..B",
            description = "List the guest's flushes instead, the newest, or those between two points.")
    private String flushes;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            converter = Limit.class,
            description = "At most so many flushes (default: 20).")
    private int limit;

    @Mixin
    private OutputOption output;

    HistoryCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        if (flushes != null) {
            return listFlushes();
        }
        HistoryReport report = wiring.histories().history(store.name(), disk);
        output.print(spec.commandLine().getOut(), report, out -> HistoryText.print(report, out));
        return ExitCode.OK.number();
    }

    private int listFlushes() {
        PointRange points = PointRange.parse(flushes);
        FlushReport report =
                wiring.histories().flushes(new Stretch(store.name(), disk, points.from(), points.to()), limit);
        output.print(spec.commandLine().getOut(), report, out -> {
            Table table = new Table("flush at", "covers write");
            report.flushes().forEach(flush -> table.row(Units.time(flush.time()), flush.write()));
            table.print(out, "");
            out.println(report.flushes().size() + " of " + report.all() + " flushes");
        });
        return ExitCode.OK.number();
    }
}
