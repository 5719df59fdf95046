// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.Stretch;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark changed}: what differs between two points. */
@Command(
        name = "changed",
        description = {
            "Lists the extents of a disk that were changed between two points, as an incremental backup needs them.",
            "B may lie before A: then the list says what a way back from A to B has to write."
        },
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ChangedCommand implements Callable<Integer> {
    private final Wiring wiring;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Parameters(
            index = "1",
            paramLabel = "A..B",
            description = "Two points, as in write:100..latest; without A all that the disk holds at B.")
    private String range;

    @Mixin
    private StoreOption store;

    @Option(
            names = "--exact",
            description = "Read and compare content, and leave out what was written as it was before.")
    private boolean exact;

    @Mixin
    private OutputOption output;

    ChangedCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        PointRange points = PointRange.parse(range);
        ChangedText text = new ChangedText(spec.commandLine().getOut(), output.isJson());
        wiring.histories().changed(new Stretch(store.name(), disk, points.from(), points.to()), exact, text);
        text.end();
        return ExitCode.OK.number();
    }
}
