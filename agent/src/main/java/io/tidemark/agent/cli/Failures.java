// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.disk.ImageException;
import java.io.UncheckedIOException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Every failure becomes one line on stderr, {@code tidemark: what: why; remedy}, and an exit code. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    @Override
    public int handleParseException(ParameterException e, String[] arguments) {
        CommandLine line = e.getCommandLine();
        String command = line.getCommandSpec().qualifiedName();
        boolean root = line.getParent() == null;
        String what = root ? "" : line.getCommandName() + ": ";
        print(line, what + oneLine(e.getMessage()) + "; see " + command + " --help");
        if (List.of(arguments).contains("--debug")) {
            e.printStackTrace(line.getErr());
        }
        return ExitCode.USAGE.number();
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine line, ParseResult result) {
        AgentException told = switch (e) {
            case AgentException known -> known;
            case ImageException image -> AgentException.of(image);
            case UncheckedIOException io ->
                new AgentException(AgentException.Code.IO, io.getCause() + "; check the path and the disk's space", io);
            default ->
                new AgentException(
                        AgentException.Code.INTERNAL, e + "; this is a bug: run again with --debug and report it", e);
        };
        print(line, oneLine(told.getMessage()));
        if (result.expandedArgs().contains("--debug")) {
            e.printStackTrace(line.getErr());
        }
        return ExitCode.of(told.code()).number();
    }

    private static void print(CommandLine line, String message) {
        line.getErr().println("tidemark: " + message);
        line.getErr().flush();
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
