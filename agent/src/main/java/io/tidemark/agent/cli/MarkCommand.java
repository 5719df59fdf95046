// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.control.MarkLock;
import io.tidemark.agent.status.MarkStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
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

    @ArgGroup
    private Lock lock;

    /** What is done with a mark that is there. */
    private static final class Lock {
        @Option(names = "--lock", description = "Have the mark of that name survive every rule of retention.")
        private boolean on;

        @Option(names = "--unlock", description = "Take that back.")
        private boolean off;
    }

    @Mixin
    private ControlOption control;

    @Mixin
    private OutputOption output;

    @Override
    public Integer call() {
        if (lock != null) {
            MarkLock now = control.agentOf(disk).lock(disk, new MarkLock(name, lock.on));
            output.print(
                    spec.commandLine().getOut(),
                    now,
                    out -> out.println("disk " + disk + ": " + now.name() + (now.locked() ? " stays" : " may go")));
            return ExitCode.OK.number();
        }
        MarkStatus mark = control.agentOf(disk).mark(disk, name);
        output.print(
                spec.commandLine().getOut(),
                mark,
                out -> out.println("disk " + mark.disk() + ": " + mark.name() + " names write " + mark.write() + " at "
                        + Units.time(mark.time())));
        return ExitCode.OK.number();
    }
}
