// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: {@code tidemark COMMAND …}. */
@Command(
        name = "tidemark",
        description = "Serves virtual machines' disks to QEMU, records every write, and brings disks back.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 done, 1 failed or damaged, 2 usage, 3 not found, 4 in use, 5 input/output,",
            "6 agent not reachable, 7 refused, 8 no permission, 9 not supported, 70 a bug."
        })
public final class Tidemark implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(
            names = "--debug",
            scope = CommandLine.ScopeType.INHERIT,
            description = "With an error, print where in the program it arose.")
    private boolean debug;

    Tidemark() {}

    public static void main(String[] arguments) {
        Termination termination = new Termination(true);
        termination.exit(commandLine(Wiring.real(), termination).execute(arguments));
    }

    /** The whole command line, ready to execute. */
    static CommandLine commandLine(Wiring wiring, Termination termination) {
        CommandLine line = new CommandLine(new Tidemark())
                .addSubcommand(new ServeCommand(wiring, termination))
                .addSubcommand(new StatusCommand())
                .addSubcommand(new MarkCommand())
                .addSubcommand(new HistoryCommand(wiring))
                .addSubcommand(new RestoreCommand(wiring))
                .addSubcommand(new VerifyCommand(wiring))
                .addSubcommand(new WarmUpCommand(wiring))
                .addSubcommand(new CompletionCommand());
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(new Failures())
                .setExecutionExceptionHandler(new Failures());
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
