// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.control.MarkLock;
import io.tidemark.agent.status.CutStatus;
import io.tidemark.agent.status.MarkStatus;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark mark}: names the present state of a running disk, or of all disks at one moment. */
@Command(
        name = "mark",
        description = "Names the present state of running disks, for restore --at mark:NAME.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class MarkCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "[DISK] NAME",
            description = "The disk's id, and the mark's name, up to 128 characters.")
    private List<String> words;

    @Option(
            names = "--all",
            description =
                    "Names one moment of all disks of the agent, or of those that are named: whatever had completed"
                            + " before it is in all of them.")
    private boolean all;

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
        String name = words.getLast();
        if (all) {
            CutStatus cut = control.onlyAgent().markAll(name, words.subList(0, words.size() - 1));
            output.print(spec.commandLine().getOut(), cut, out -> cut.marks().forEach(mark -> print(mark, out)));
            return code(cut.durable());
        }
        if (words.size() != 2) {
            throw new AgentException(
                    Code.USAGE, "mark", "a disk and a name are needed", "for all disks at one moment, use --all NAME");
        }
        String disk = words.getFirst();
        if (lock != null) {
            MarkLock now = control.agentOf(disk).lock(disk, new MarkLock(name, lock.on));
            output.print(
                    spec.commandLine().getOut(),
                    now,
                    out -> out.println("disk " + disk + ": " + now.name() + (now.locked() ? " stays" : " may go")));
            return ExitCode.OK.number();
        }
        MarkStatus mark = control.agentOf(disk).mark(disk, name);
        output.print(spec.commandLine().getOut(), mark, out -> print(mark, out));
        return code(mark.durable());
    }

    /** Who sets a mark to come back to it is told if that couldn't be counted on yet. */
    private static int code(boolean durable) {
        return (durable ? ExitCode.OK : ExitCode.IO).number();
    }

    private static void print(MarkStatus mark, PrintWriter out) {
        out.println("disk " + mark.disk() + ": " + mark.name() + " names write " + mark.write() + " at "
                + Units.time(mark.time())
                + (mark.durable()
                        ? ""
                        : "; it is on its way to the store, which does not answer: see tidemark status"));
    }
}
