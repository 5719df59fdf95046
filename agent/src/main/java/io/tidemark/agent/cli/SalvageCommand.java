// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.SalvageReport;
import io.tidemark.cdp.read.Point;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark salvage}: says what of a damaged history is still there. */
@Command(
        name = "salvage",
        description =
                "Reads a damaged history and says which points there are and which parts of the disk are lost at them. What isn't"
                        + " named is whole: restore writes it. Changes nothing without --identity. Exits with 1 on damage.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class SalvageCommand implements Callable<Integer> {
    private final Wiring wiring;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Mixin
    private StoreOption store;

    @Option(
            names = "--at",
            paramLabel = "POINT",
            description =
                    "A point to look at, as restore has it; may be given several times. Without it, the last one of each"
                            + " interval.")
    private List<String> at = List.of();

    @Option(
            names = "--identity",
            description =
                    "First write the identity files of the history and its store anew, where they are lost, as the segments have"
                            + " it: then restore, attach and agents work again. Not for an export that was interrupted,"
                            + " which lacks more than that: give its command again.")
    private boolean identity;

    @Mixin
    private OutputOption output;

    @Mixin
    private ProgressOption progress;

    SalvageCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        List<Point> points = at.stream().map(PointOption::parse).toList();
        if (identity) {
            wiring.histories().renewIdentity(store.name(), disk);
        }
        SalvageReport report;
        try (ProgressLine line = progress.start(spec.commandLine().getErr(), "read")) {
            report = wiring.histories().salvage(store.name(), disk, points, line);
        }
        output.print(spec.commandLine().getOut(), report, out -> print(report, out));
        return (report.damaged() ? ExitCode.FAILED : ExitCode.OK).number();
    }

    private static void print(SalvageReport report, PrintWriter out) {
        out.println(
                "disk " + report.disk() + "  in " + report.store() + "  " + (report.damaged() ? "DAMAGED" : "whole"));
        if (report.identityLost()) {
            out.println(
                    "  damage: the identity file is lost; the segments say what it said: --identity writes it anew");
        }
        report.damage().forEach(damage -> out.println("  damage: " + damage));
        report.restorable()
                .forEach(interval -> out.println("  points: writes " + interval.firstWrite() + " to "
                        + interval.lastWrite() + ", " + Units.time(interval.from()) + " to "
                        + Units.time(interval.to())));
        report.gaps()
                .forEach(gap -> out.println("  no points: " + gap.reason() + " after write " + gap.afterWrite()
                        + ", from " + Units.time(gap.from())));
        for (SalvageReport.AtPoint point : report.points()) {
            out.println("  write " + point.write() + ", " + Units.time(point.time()) + ": "
                    + (point.lost().isEmpty()
                            ? "all"
                            : "all but " + point.lost().size() + " parts") + " of the disk, "
                    + Units.bytes(point.bytes()) + " of content");
            point.lost().forEach(part -> out.println("    lost: " + part.offset() + "+" + part.length()));
        }
    }
}
