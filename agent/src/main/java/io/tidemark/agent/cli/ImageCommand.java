// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code tidemark image}: what there is to know of an image that nobody serves for writing. */
@Command(
        name = "image",
        description = "Looks into images.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ImageMapCommand.class, ImageCheckCommand.class})
final class ImageCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing: map or check");
    }
}
