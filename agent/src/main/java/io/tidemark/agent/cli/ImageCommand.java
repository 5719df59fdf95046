// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code tidemark image}: work on images that nobody serves. */
@Command(
        name = "image",
        description = "Makes, copies and looks into images.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ImageInfoCommand.class,
            ImageCreateCommand.class,
            ImageConvertCommand.class,
            ImageMapCommand.class,
            ImageCheckCommand.class
        })
final class ImageCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private final Termination termination;

    ImageCommand(Termination termination) {
        this.termination = termination;
    }

    Termination termination() {
        return termination;
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec.commandLine(), "a command is missing: info, create, convert, map or check");
    }
}
