// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.MarkStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemark mark}: names the present state of a running disk. */
@Command(
        name = "mark",
        description = "Names the present state of a running disk, for restore --at mark:NAME.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class MarkCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Parameters(index = "1", paramLabel = "NAME", description = "The mark's name, up to 128 characters.")
    private String name;

    @Mixin
    private ControlOption control;

    @Mixin
    private OutputOption output;

    @Override
    public Integer call() {
        MarkStatus mark = agent().mark(disk, name);
        output.print(
                spec.commandLine().getOut(),
                mark,
                out -> out.println("disk " + mark.disk() + ": " + mark.name() + " names write " + mark.write() + " at "
                        + Units.time(mark.time())));
        return ExitCode.OK.number();
    }

    /** The one agent that serves the disk. */
    private ControlClient agent() {
        List<Path> sockets = control.sockets();
        if (sockets.size() == 1) {
            return new ControlClient(sockets.getFirst());
        }
        List<Path> serving = sockets.stream()
                .filter(socket -> new ControlClient(socket).agent().disks().contains(disk))
                .toList();
        return switch (serving.size()) {
            case 0 ->
                throw new AgentException(
                        Code.NOT_FOUND, "disk " + disk, "no running agent serves it", "see tidemark status");
            case 1 -> new ControlClient(serving.getFirst());
            default ->
                throw new AgentException(
                        Code.USAGE,
                        "disk " + disk,
                        serving.size() + " agents serve a disk of that id",
                        "choose one with --control");
        };
    }
}
