// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.HistoryReport;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private OutputOption output;

    HistoryCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        HistoryReport report = wiring.histories().history(store.name(), disk);
        output.print(spec.commandLine().getOut(), report, out -> HistoryText.print(report, out));
        return ExitCode.OK.number();
    }
}
