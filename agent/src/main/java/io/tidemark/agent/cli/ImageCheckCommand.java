// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.qcow2.CheckReport;
import io.tidemark.disk.qcow2.Qcow2Image;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemark image check}: whether the tables of an image agree with each other. */
@Command(
        name = "check",
        description = "Compares a qcow2 image's tables with its refcounts; exits with 1 if it is corrupt.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ImageCheckCommand implements Callable<Integer> {
    /** A raw image has no tables. */
    private static final CheckReport NOTHING = new CheckReport(0, 0, 0, List.of());

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "raw:PATH or qcow2:PATH.")
    private String name;

    @Mixin
    private OutputOption output;

    @Override
    public Integer call() {
        try (Image image = Images.open(ImageName.parse(name), true)) {
            CheckReport report = image instanceof Qcow2Image qcow2 ? qcow2.check() : NOTHING;
            output.print(spec.commandLine().getOut(), report, out -> print(report, out));
            return (report.corruptions() == 0 ? ExitCode.OK : ExitCode.FAILED).number();
        }
    }

    private void print(CheckReport report, PrintWriter out) {
        out.println(name + "  " + (report.corruptions() == 0 ? "sound" : "CORRUPT") + "  " + report.clusters()
                + " clusters of the disk lie in it; " + report.leaks() + " clusters are leaked, "
                + report.corruptions() + " corruptions");
        report.first().forEach(what -> out.println("  " + what));
        if (report.corruptions() > report.first().size()) {
            out.println("  … and " + (report.corruptions() - report.first().size()) + " more");
        }
    }
}
