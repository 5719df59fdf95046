// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code tidemark completion}: what bash needs to complete the rest. */
@Command(
        name = "completion",
        description = "Prints a completion script for bash: source <(tidemark completion)",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class CompletionCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        CommandLine line = spec.commandLine();
        line.getOut().print(AutoComplete.bash("tidemark", line.getParent()));
        line.getOut().flush();
    }
}
