// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.RestoreOrder;
import io.tidemark.agent.history.RestoreReport;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark restore}: brings a disk back. */
@Command(
        name = "restore",
        description = {
            "Writes a disk's content at a point of its history to an image. No agent is needed, none is disturbed.",
            "When it was interrupted, the same command goes on; until it is done, a note beside the image says so."
        },
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class RestoreCommand implements Callable<Integer> {
    private final Wiring wiring;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Option(
            names = "--store",
            paramLabel = "STORE",
            description = "The store; not with --in-place, unless no agent serves the disk.")
    private String store;

    @Mixin
    private PointOption at;

    @ArgGroup(multiplicity = "1")
    private Target target;

    /** Where it goes. */
    private static final class Target {
        @Option(
                names = "--to",
                required = true,
                paramLabel = "IMAGE",
                description = "The image to write: raw:PATH, qcow2:PATH or rbd:POOL/NAME.")
        private String image;

        @Option(
                names = "--in-place",
                required = true,
                description =
                        "Bring the disk itself back: what differs is written, and is part of its history, so it can"
                                + " be undone. No guest may be using it.")
        private boolean inPlace;
    }

    @Option(names = "--force", description = "With --to: begin anew, overwrite the image if it exists.")
    private boolean force;

    @Option(
            names = "--qmp",
            paramLabel = "SOCKET",
            description =
                    "With --in-place: stop the guest that uses the disk by this QMP socket, and reset it afterwards.")
    private Path qmp;

    @Option(
            names = "--image",
            paramLabel = "IMAGE",
            description = "With --in-place: the disk's image, if no agent serves it; give --store, too.")
    private String ownImage;

    @Mixin
    private ControlOption control;

    @Mixin
    private OutputOption output;

    @Mixin
    private ProgressOption progress;

    RestoreCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        if (target.inPlace) {
            restoreInPlace();
        } else {
            restoreInto(target.image);
        }
        return ExitCode.OK.number();
    }

    private void restoreInto(String image) {
        check(qmp == null && ownImage == null, "--qmp and --image go with --in-place only");
        RestoreReport report;
        try (ProgressLine line = progress.start(spec.commandLine().getErr(), "restored")) {
            report = wiring.histories().restore(order(image), line);
        }
        output.print(
                spec.commandLine().getOut(),
                report,
                out -> out.println("disk " + report.disk() + " as it was after write " + report.write() + " at "
                        + Units.time(report.time()) + " is in " + report.image() + " (" + Units.bytes(report.bytes())
                        + ", "
                        + Units.bytes(report.written()) + " written in " + Units.seconds(report.seconds()) + ")"));
    }

    private void restoreInPlace() {
        check(!force, "--force goes with --to only");
        RestoreStatus status = ownImage == null ? byItsAgent() : withoutAgent();
        output.print(
                spec.commandLine().getOut(),
                status,
                out -> out.println("disk " + status.disk() + " is as it was after write " + status.write() + " at "
                        + Units.time(status.time()) + " (" + Units.bytes(status.writtenBytes())
                        + " differed); to undo it, restore \"mark:" + status.undo() + "\" in place"));
    }

    private RestoreStatus byItsAgent() {
        check(store == null, "the agent knows the disk's store: leave --store out, or give --image if no agent runs");
        try (ProgressLine line = progress.start(spec.commandLine().getErr(), "checked and restored")) {
            return InPlace.run(control.agentOf(disk), disk, at.point().toString(), qmp, line);
        }
    }

    private RestoreStatus withoutAgent() {
        check(qmp == null, "--qmp goes with a running agent, not with --image");
        RestoreOrder order = order(ownImage);
        List<ProgressLine> lines = new ArrayList<>();
        try (ProgressLine compared = progress.start(spec.commandLine().getErr(), "compared")) {
            return InPlace.checked(wiring.histories().restoreInPlace(order, compared, () -> {
                compared.close();
                lines.add(progress.start(spec.commandLine().getErr(), "checked and restored"));
                return lines.getFirst();
            }));
        } finally {
            lines.forEach(ProgressLine::close);
        }
    }

    private RestoreOrder order(String image) {
        check(store != null, "--store is missing");
        try {
            return new RestoreOrder(StoreName.parse(store), disk, at.point(), at.text(), image, force);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    private void check(boolean right, String what) {
        if (!right) {
            throw new CommandLine.ParameterException(spec.commandLine(), what);
        }
    }
}
