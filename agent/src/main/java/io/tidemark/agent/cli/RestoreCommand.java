// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.RestoreOrder;
import io.tidemark.agent.history.RestoreReport;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark restore}: brings a disk back. */
@Command(
        name = "restore",
        description = {
            "Writes a disk's content at a point of its history to an image. No agent is needed, none is disturbed.",
            "When it was interrupted, the same command goes on; until it is done, IMAGE.restore says so."
        },
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class RestoreCommand implements Callable<Integer> {
    private final Wiring wiring;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Mixin
    private StoreOption store;

    @Mixin
    private PointOption at;

    @Option(names = "--to", required = true, paramLabel = "raw:PATH", description = "The image to write.")
    private String image;

    @Option(names = "--force", description = "Begin anew: overwrite the image if it exists.")
    private boolean force;

    @Mixin
    private OutputOption output;

    @Mixin
    private ProgressOption progress;

    RestoreCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        RestoreOrder order = new RestoreOrder(store.name(), disk, at.point(), at.text(), image, force);
        RestoreReport report;
        try (ProgressLine line = progress.start(spec.commandLine().getErr(), "restored")) {
            report = wiring.histories().restore(order, line);
        }
        output.print(
                spec.commandLine().getOut(),
                report,
                out -> out.println("disk " + report.disk() + " as it was after write " + report.write() + " at "
                        + Units.time(report.time()) + " is in " + report.image() + " (" + Units.bytes(report.bytes())
                        + ", "
                        + Units.bytes(report.written()) + " written in " + Units.seconds(report.seconds()) + ")"));
        return ExitCode.OK.number();
    }
}
