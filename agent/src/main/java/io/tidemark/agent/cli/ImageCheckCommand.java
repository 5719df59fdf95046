// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.disk.Image;
import io.tidemark.disk.qcow2.CheckReport;
import io.tidemark.disk.qcow2.Qcow2Image;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code tidemark image check}: whether the tables of an image agree with each other. */
@Command(
        name = "check",
        description = "Compares a qcow2 image's tables with its refcounts; exits with 1 if it is corrupt.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ImageCheckCommand extends OneImageCommand {
    /** Images of other kinds have no tables. */
    private static final CheckReport NOTHING = new CheckReport(0, 0, 0, List.of());

    @Override
    ExitCode look(Image image) {
        CheckReport report = image instanceof Qcow2Image qcow2 ? qcow2.check() : NOTHING;
        print(report, out -> write(image.name(), report, out));
        return report.corruptions() == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private static void write(String name, CheckReport report, PrintWriter out) {
        out.println(name + "  " + (report.corruptions() == 0 ? "sound" : "CORRUPT") + "  " + report.clusters()
                + " clusters of the disk lie in it; " + report.leaks() + " clusters are leaked, "
                + report.corruptions() + " corruptions");
        report.first().forEach(what -> out.println("  " + what));
        if (report.corruptions() > report.first().size()) {
            out.println("  … and " + (report.corruptions() - report.first().size()) + " more");
        }
    }
}
