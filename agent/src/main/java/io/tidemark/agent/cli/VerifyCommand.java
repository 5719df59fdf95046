// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.VerifyReport;
import io.tidemark.cdp.StoreName;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemark verify}: reads a whole store. */
@Command(
        name = "verify",
        description =
                "Reads everything in a store, checks every checksum, and says what is restorable. Exits with 1 on damage.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class VerifyCommand implements Callable<Integer> {
    private final Wiring wiring;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Mixin
    private StoreOption store;

    @Mixin
    private OutputOption output;

    @Mixin
    private ProgressOption progress;

    VerifyCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        VerifyReport report;
        try (ProgressLine line = progress.start(spec.commandLine().getErr(), "verified")) {
            report = wiring.histories().verify(store.name(), line);
        }
        output.print(spec.commandLine().getOut(), report, out -> print(report, store.name(), out));
        return (report.damaged() ? ExitCode.FAILED : ExitCode.OK).number();
    }

    private static void print(VerifyReport report, StoreName store, PrintWriter out) {
        for (VerifyReport.Disk disk : report.disks()) {
            boolean whole = disk.damage().isEmpty();
            out.println(
                    "disk " + disk.disk() + "  " + disk.records() + " records  " + (whole ? "no damage" : "DAMAGED"));
            disk.damage().forEach(damage -> out.println("  damage: " + damage));
            disk.notes().forEach(note -> out.println("  note: " + note));
            disk.restorable()
                    .forEach(interval -> out.println((whole ? "  restorable" : "  restorable but for the damage")
                            + ": writes " + interval.firstWrite() + " to " + interval.lastWrite() + ", "
                            + Units.time(interval.from()) + " to " + Units.time(interval.to())));
            if (!whole) {
                out.println(
                        "  what a point lacks: tidemark salvage " + disk.disk() + " --store " + store + " --at POINT");
            }
        }
        out.println("read " + Units.bytes(report.bytesRead()) + " in " + Units.seconds(report.seconds()));
    }
}
