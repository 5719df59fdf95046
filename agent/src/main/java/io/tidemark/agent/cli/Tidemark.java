// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import io.tidemark.agent.serve.Bindings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
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
        if (List.of(arguments).contains("serve") || List.of(arguments).contains("attach")) {
            Bindings.loadMeanwhile();
        }
        Termination termination = new Termination(true);
        int code = ExitCode.INTERNAL.number();
        try {
            code = commandLine(Wiring.real(), termination, arguments).execute(arguments);
        } catch (Error e) {
            // Picocli tells of exceptions only; and the shutdown hooks wait for an exit code.
            e.printStackTrace();
        }
        termination.exit(code);
    }

    /**
     * The command line, ready to execute. To describe a command takes picocli tens of milliseconds, so when the arguments name
     * one, the others are left out; with no arguments, all are there.
     */
    static CommandLine commandLine(Wiring wiring, Termination termination, String... arguments) {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("serve", () -> new ServeCommand(wiring, termination));
        commands.put("attach", () -> new AttachCommand(wiring, termination));
        commands.put("status", StatusCommand::new);
        commands.put("mark", MarkCommand::new);
        commands.put("protect", ProtectCommand::new);
        commands.put("throttle", ThrottleCommand::new);
        commands.put("stats", StatsCommand::new);
        commands.put("resize", ResizeCommand::new);
        commands.put("history", () -> new HistoryCommand(wiring));
        commands.put("changed", () -> new ChangedCommand(wiring));
        commands.put("blame", () -> new BlameCommand(wiring));
        commands.put("restore", () -> new RestoreCommand(wiring));
        commands.put("retain", () -> new RetainCommand(wiring));
        commands.put("verify", () -> new VerifyCommand(wiring));
        commands.put("export", () -> new ExportCommand(wiring));
        commands.put("salvage", () -> new SalvageCommand(wiring));
        commands.put("image", () -> new ImageCommand(termination));
        commands.put("warm-up", () -> new WarmUpCommand(wiring));
        Optional<String> named =
                Stream.of(arguments).filter(commands::containsKey).findFirst();
        CommandLine line = new CommandLine(new Tidemark());
        named.map(Set::of)
                .orElseGet(commands::keySet)
                .forEach(name -> line.addSubcommand(commands.get(name).get()));
        if (named.isEmpty()) {
            line.addSubcommand(new CompletionCommand());
        }
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(new Failures())
                .setExecutionExceptionHandler(new Failures());
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
