// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.ExportReport;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark export}: copies a history into another store. */
@Command(
        name = "export",
        description =
                "Copies a whole history, or one state of it, into another store and verifies the copy. No agent is needed,"
                        + " none is disturbed. Given again after an interruption, a whole copy goes on, and that of a state is"
                        + " done again, unless it was complete but for its verification.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ExportCommand implements Callable<Integer> {
    private final Wiring wiring;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Mixin
    private StoreOption store;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "STORE",
            description = "The other store; made if it isn't there.")
    private String to;

    @Option(
            names = "--at",
            paramLabel = "POINT",
            description =
                    "Copies the state at this point alone, as restore has it; in the other store a history begins with it.")
    private String at;

    @Mixin
    private OutputOption output;

    @Mixin
    private ProgressOption progress;

    ExportCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        ExportReport report;
        try (ProgressLine line = progress.start(spec.commandLine().getErr(), "copied")) {
            report = at == null
                    ? wiring.histories().export(store.name(), disk, StoreOption.parse(to), line)
                    : wiring.histories().export(store.name(), disk, PointOption.parse(at), StoreOption.parse(to), line);
        }
        output.print(
                spec.commandLine().getOut(),
                report,
                out -> out.println(what(report) + " of " + report.disk() + " is in " + report.to() + ", verified ("
                        + report.records() + " records, " + Units.bytes(report.bytes()) + " copied"
                        + (report.kept() == 0 ? "" : ", " + Units.bytes(report.kept()) + " were there")
                        + " in " + Units.seconds(report.seconds()) + ")"));
        return ExitCode.OK.number();
    }

    private static String what(ExportReport report) {
        return report.write() == null ? "history" : "the state at write " + report.write();
    }
}
