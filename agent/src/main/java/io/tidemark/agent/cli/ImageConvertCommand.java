// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.image.ImageConversion;
import io.tidemark.disk.ImageName;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark image convert}: copies an image into one of any kind. */
@Command(
        name = "convert",
        description = "Copies what an image holds into a new one, of any kind; zeros take up no space there.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ImageConvertCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @CommandLine.ParentCommand
    private ImageCommand parent;

    @Parameters(index = "0", paramLabel = "FROM", description = "raw:PATH, qcow2:PATH or rbd:POOL/NAME[@SNAPSHOT].")
    private String from;

    @Parameters(index = "1", paramLabel = "TO", description = "raw:PATH, qcow2:PATH or rbd:POOL/NAME.")
    private String to;

    @Option(names = "--force", description = "If the image exists, its content is lost.")
    private boolean force;

    @Mixin
    private OutputOption output;

    @Mixin
    private ProgressOption progress;

    @Override
    public Integer call() {
        ImageConversion.Report report;
        try (ProgressLine line = progress.start(spec.commandLine().getErr(), "converted")) {
            ImageName target = ImageName.parse(to);
            report = new ImageConversion(ImageName.parse(from), target, force)
                    .run(parent.termination().stopping("image " + target, line));
        }
        output.print(
                spec.commandLine().getOut(),
                report,
                out -> out.println(report.to() + "  " + Units.bytes(report.bytes()) + ", "
                        + Units.bytes(report.written()) + " written in " + Units.seconds(report.seconds())));
        return ExitCode.OK.number();
    }
}
