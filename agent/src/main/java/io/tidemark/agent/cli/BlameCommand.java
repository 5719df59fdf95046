// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.BlameReport;
import io.tidemark.agent.history.Stretch;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark blame}: what touched a range of a disk. */
@Command(
        name = "blame",
        description = "Lists what touched some sectors of a disk, the newest first.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class BlameCommand implements Callable<Integer> {
    private final Wiring wiring;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Parameters(
            index = "1",
            paramLabel = "SECTORS",
            converter = SectorRange.Reader.class,
            description = "Sectors of 512 bytes: 2048, 2048-4095, or 2048+8.")
    private SectorRange sectors;

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "A..B",
            description = "Only what came after point A, up to point B.")
    private String range;

    @Mixin
    private StoreOption store;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            converter = Limit.class,
            description = "At most so many (default: 20).")
    private int limit;

    @Mixin
    private OutputOption output;

    BlameCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        PointRange points = PointRange.parse(range);
        BlameReport report = wiring.histories()
                .blame(
                        new Stretch(store.name(), disk, points.from(), points.to()),
                        sectors.offset(),
                        sectors.length(),
                        limit);
        output.print(spec.commandLine().getOut(), report, out -> print(report, out));
        return ExitCode.OK.number();
    }

    private static void print(BlameReport report, PrintWriter out) {
        if (report.touches().isEmpty()) {
            out.println("nothing touched that range");
            return;
        }
        Table table = new Table("write", "time", "what", "sector", "sectors");
        report.touches()
                .forEach(touch -> table.row(
                        touch.write(),
                        Units.time(touch.time()),
                        touch.kind(),
                        touch.offset() / 512,
                        touch.length() / 512));
        table.print(out, "");
        if (report.more()) {
            out.println("… and older ones; see --limit");
        }
    }
}
