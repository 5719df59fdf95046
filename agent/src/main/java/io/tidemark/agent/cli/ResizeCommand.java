// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.DiskStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemark resize}: makes a running disk larger. */
@Command(
        name = "resize",
        description = "Makes a running disk larger, at once and under its guest, which sees it grow."
                + " For a block device: make that larger first (lvextend), then name its size here.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ResizeCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Parameters(
            index = "1",
            paramLabel = "SIZE",
            converter = Size.Reader.class,
            description = "In bytes, or with K, M, G or T (powers of 1024); +SIZE for so much more.")
    private Size size;

    @Mixin
    private ControlOption control;

    @Mixin
    private OutputOption output;

    @Override
    public Integer call() {
        ControlClient agent = control.agentOf(disk);
        long present = size.more() ? agent.disk(disk).geometry().capacity() : 0;
        DiskStatus now = agent.resize(disk, size.onTopOf(present));
        output.print(
                spec.commandLine().getOut(),
                now,
                out -> out.println(
                        "disk " + now.id() + ": " + Units.bytes(now.geometry().capacity())));
        return ExitCode.OK.number();
    }
}
