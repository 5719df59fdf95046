// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.FakeDisk;
import io.tidemark.agent.Wiring;
import io.tidemark.agent.history.HistoryReport;
import io.tidemark.agent.history.VerifyReport;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.Point;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {
    private static final TimeZone ZONE = TimeZone.getDefault();

    @TempDir
    Path folder;

    private final FakeHistories histories = new FakeHistories();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void inUtc() {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    }

    @AfterAll
    static void inZone() {
        TimeZone.setDefault(ZONE);
    }

    @Test
    void historyAsText() {
        assertThat(run("history", "vda", "--store", "/st")).isEqualTo(0);
        assertThat(out.toString()).isEqualToNormalizingNewlines("""
                disk vda  1.00 GiB  in /st
                horizon: 2026-01-30T13:00:00.000000Z, write 7
                restorable:
                  from                         to                           first  last  every  states
                  2026-01-30T13:00:00.000000Z  2026-01-31T12:00:00.250000Z      7    90  1h         23
                  2026-01-31T12:00:00.250000Z  2026-01-31T12:10:00.000000Z      0   100  write     101
                gaps:
                  reason    from                         to                           after write  until write
                  START     2026-01-31T11:59:00.000000Z  2026-01-31T12:00:00.250000Z            0  0
                  OVERLOAD  2026-01-31T12:10:00.000000Z  still open                           100
                marks:
                  name            write  time
                  before upgrade     42  2026-01-31T12:05:00.000000Z  locked
                recorded: 500 writes, 3 zeroings, 4 discards, 20 flushes (--flush-points lists them)
                sizes: 90.0 MiB written by the guest, 10.0 MiB read from the disk
                stored: 32.0 MiB, 0.32 of that: 29.0 MiB content, 1.00 MiB log, 2.00 MiB index
                """);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void exportSaysWhatIsCopied() {
        assertThat(run("export", "vda", "--store", "/st", "--to", "rbd:pool/ns"))
                .isEqualTo(0);
        assertThat(out.toString()).isEqualTo("""
                history of vda is in rbd:pool/ns, verified (7 records, 90.0 MiB copied, 10.0 MiB were there in 3 s)
                """);
        out.getBuffer().setLength(0);
        assertThat(run("export", "vda", "--store", "/st", "--to", "/other", "--at", "write:42"))
                .isEqualTo(0);
        assertThat(out.toString())
                .startsWith("the state at write 42 of vda is in /other, verified (7 records, 90.0 MiB copied in");
    }

    @Test
    void salvageNamesWhatIsLost() {
        assertThat(run("salvage", "vda", "--store", "/st")).isEqualTo(0);
        assertThat(out.toString()).startsWith("disk vda  in /st  whole\n");
        histories.damage = List.of("/st/disks/vda/data/00000001 at 64: content checksum is wrong");
        out.getBuffer().setLength(0);
        assertThat(run("salvage", "vda", "--store", "/st", "--at", "write:100")).isEqualTo(1);
        assertThat(out.toString()).isEqualTo("""
                disk vda  in /st  DAMAGED
                  damage: /st/disks/vda/data/00000001 at 64: content checksum is wrong
                  points: writes 0 to 100, 2026-01-31T12:00:00.250000Z to 2026-01-31T12:10:00.000000Z
                  write 100, 2026-01-31T12:10:00.000000Z: all but 1 parts of the disk, 1.00 MiB of content
                    lost: 4096+8192
                """);
        assertThat(histories.renewed).isEmpty();
    }

    @Test
    void salvageWritesIdentitiesWhenAsked() {
        assertThat(run("salvage", "vda", "--store", "/st", "--identity")).isEqualTo(0);
        assertThat(histories.renewed).isEqualTo("vda");
    }

    @Test
    void historyAsJson() throws IOException {
        assertThat(run("history", "vda", "--store", "/st", "--output", "json")).isEqualTo(0);
        assertThat(io.tidemark.agent.json.Json.read(
                        out.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8), HistoryReport.class))
                .isEqualTo(histories.history(StoreName.parse("/st"), "vda"));
    }

    @Test
    void restore() {
        assertThat(run("restore", "vda", "--store", "/st", "--at", "write:42", "--to", "raw:/r", "--force"))
                .isEqualTo(0);
        assertThat(histories.restored.at()).isEqualTo(new Point.WriteNumber(42));
        assertThat(histories.restored.force()).isTrue();
        assertThat(histories.restored.image()).isEqualTo("raw:/r");
        assertThat(out.toString())
                .isEqualTo("disk vda as it was after write 42 at 2026-01-31T12:00:00.250000Z is in raw:/r"
                        + " (1.00 GiB, 1.00 MiB written in 3 s)\n");
    }

    @Test
    void restoreToAFlush() {
        assertThat(run("restore", "vda", "--store", "/st", "--at-flush", "write:42", "--to", "raw:/r"))
                .isEqualTo(0);
        assertThat(histories.restored.at()).isEqualTo(new Point.Flush(new Point.WriteNumber(42)));
        assertThat(run("restore", "vda", "--store", "/st", "--to", "raw:/r")).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "many", "99999999999"})
    void aLimitIsOneOrMore(String limit) {
        assertThat(run("blame", "vda", "0+8", "--store", "/st", "--limit", limit))
                .isEqualTo(2);
        assertThat(err.toString()).contains("'" + limit + "' is no limit: write a number from 1 on");
        assertThat(run("history", "vda", "--store", "/st", "--flush-points", "--limit", limit))
                .isEqualTo(2);
    }

    @Test
    void changedAsTextAndJson() throws IOException {
        assertThat(run("changed", "vda", "write:1..mark:a..b", "--store", "/st"))
                .isEqualTo(0);
        assertThat(histories.look.from()).contains(new Point.WriteNumber(1));
        assertThat(histories.look.to()).contains(new Point.Mark("a..b"));
        assertThat(out.toString()).isEqualToNormalizingNewlines("""
                disk vda  1.00 GiB  from write:1 (2026-01-31T12:00:00.250000Z) to write:42 (2026-01-31T12:10:00.000000Z)
                          offset       length  content
                            4096          512  data
                            8192         4096  zero
                2 extents, 4.50 KiB
                """);
        assertThat(run("changed", "vda", "..", "--store", "/st", "-o", "json")).isEqualTo(0);
        assertThat(histories.look.from()).isEmpty();
        var json = io.tidemark.agent.json.Json.read(
                out.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8), java.util.Map.class);
        assertThat(json).containsEntry("count", 2).containsEntry("bytes", 4608);
        assertThat((List<?>) json.get("extents")).hasSize(2);
    }

    @Test
    void blameAndFlushes() {
        assertThat(run("blame", "vda", "8+2", "--store", "/st", "--limit", "1")).isEqualTo(0);
        assertThat(out.toString()).isEqualToNormalizingNewlines("""
                write  time                         what   sector  sectors
                   42  2026-01-31T12:00:00.250000Z  write       8       16
                … and older ones; see --limit
                """);
        assertThat(run("history", "vda", "--store", "/st", "--flush-points")).isEqualTo(0);
        assertThat(out.toString()).isEqualToNormalizingNewlines("""
                flush at                     covers write
                2026-01-31T12:00:00.250000Z            42
                1 of 20 flushes
                """);
        assertThat(run("history", "vda", "--flush-points", "write:7..", "--store", "/st"))
                .isEqualTo(0);
        assertThat(histories.look.from()).contains(new Point.WriteNumber(7));
    }

    @Test
    void restoreInPlace() {
        assertThat(run("restore", "vda", "--store", "/st", "--at", "write:42", "--in-place", "--image", "raw:/r"))
                .isEqualTo(0);
        assertThat(histories.restored.image()).isEqualTo("raw:/r");
        assertThat(out.toString())
                .isEqualTo("disk vda is as it was after write 42 at 2026-01-31T12:00:00.250000Z (4.00 KiB differed);"
                        + " to undo it, restore \"mark:before restore\" in place\n");
        histories.inPlace = io.tidemark.agent.status.RestoreStatus.State.UNFINISHED;
        assertThat(run("restore", "vda", "--store=/st", "--at=latest", "--in-place", "--image=raw:/r"))
                .isEqualTo(1);
        assertThat(err.toString()).isEqualTo("tidemark: disk vda: it broke\n");
        for (String mistake : List.of(
                "--in-place --to raw:/r",
                "--in-place --store /st",
                "--in-place --force",
                "--to raw:/r",
                "--in-place --image raw:/r",
                "--to raw:/r --store /st --qmp /q",
                "--in-place --image raw:/r --store /st --qmp /q")) {
            assertThat(run(("restore vda --at latest " + mistake).split(" ")))
                    .as(mistake)
                    .isEqualTo(2);
        }
    }

    @Test
    void restoreAsJson() {
        assertThat(run("restore", "vda", "--store=/st", "--at=latest", "--to=raw:/r", "-o", "json"))
                .isEqualTo(0);
        assertThat(out.toString()).contains("\"write\" : 42", "\"time\" : \"2026-01-31T12:00:00.250Z\"");
    }

    @Test
    void verifyExitsWithOneOnDamage() {
        assertThat(run("verify", "--store", "/st")).isEqualTo(0);
        assertThat(out.toString())
                .startsWith("disk vda  7 records  no damage\n  note: torn tail cut\n  restorable: writes 0 to 100");
        histories.damage = List.of("segment 3 at 4096: checksum is wrong; writes 12 to 15 are lost");
        assertThat(run("verify", "--store", "/st")).isEqualTo(1);
        assertThat(out.toString())
                .contains("DAMAGED\n  damage: segment 3 at 4096")
                .contains("  restorable but for the damage: writes 0 to 100")
                .contains("  what a point lacks: tidemark salvage vda --store /st --at POINT\n");
        assertThat(run("verify", "--store", "/st", "--output", "json")).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Code.class)
    void everyFailureIsOneLineAndItsExitCode(Code code) {
        histories.failure = new AgentException(code, "store /st", "it is\n on fire", "extinguish it");
        assertThat(run("verify", "--store", "/st"))
                .isEqualTo(ExitCode.valueOf(code.name()).number());
        assertThat(err.toString()).isEqualTo("tidemark: store /st: it is on fire; extinguish it\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void exitCodesAreStable() {
        assertThat(List.of(ExitCode.values()).stream().map(code -> code + " " + code.number()))
                .containsExactly(
                        "OK 0",
                        "FAILED 1",
                        "USAGE 2",
                        "NOT_FOUND 3",
                        "IN_USE 4",
                        "IO 5",
                        "UNREACHABLE 6",
                        "REFUSED 7",
                        "NO_PERMISSION 8",
                        "UNSUPPORTED 9",
                        "INTERNAL 70");
    }

    @Test
    void traceOnlyUnderDebug() {
        histories.failure = new IllegalStateException("oops");
        assertThat(run("verify", "--store", "/st")).isEqualTo(70);
        assertThat(err.toString()).contains("this is a bug").doesNotContain("\tat ");
        assertThat(run("verify", "--store", "/st", "--debug")).isEqualTo(70);
        assertThat(err.toString()).contains("\tat io.tidemark");
        assertThat(run("--debug", "verify", "--store", "/st")).isEqualTo(70);
        assertThat(err.toString()).contains("\tat io.tidemark");
    }

    @Test
    void ioErrorsThatNobodyNamed() {
        histories.failure = new UncheckedIOException(new IOException("No space left on device"));
        assertThat(run("verify", "--store", "/st")).isEqualTo(5);
        assertThat(err.toString()).contains("No space left on device");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''                            | tidemark: a command is missing; see tidemark --help
                    fly                           | tidemark: Unmatched argument at index 0: 'fly'; see tidemark --help
                    verify                        | tidemark: verify: Missing required option: '--store=STORE'; see tidemark verify --help
                    verify --store /a --fast      | tidemark: verify: Unknown option: '--fast'; see tidemark verify --help
                    verify --store /a -o xml      | tidemark: verify: Invalid value for option '--output': expected one of [TEXT, JSON] (case-insensitive) but was 'xml'; see tidemark verify --help
                    history --store /a            | tidemark: history: Missing required parameter: 'DISK'; see tidemark history --help
                    restore vda --store /a --at x --to raw:/b | tidemark: point "x" is not understood: write a time as 2026-11-23T09:00:00.25Z, 5s ago, write:123, mark:NAME, latest, or flush: and one of these
                    changed vda write:1 --store /a | tidemark: range "write:1": is not understood; write A..B, where A and B are points as restore --at has them, or nothing for the beginning and the end
                    blame vda 9-8 --store /a      | tidemark: blame: Invalid value for positional parameter at index 1 (SECTORS): '9-8' is no range of sectors: write 2048, 2048-4095, or 2048+8; see tidemark blame --help
                    mark vda                      | tidemark: mark: a disk and a name are needed; for all disks at one moment, use --all NAME
                    stats vda --count 3           | tidemark: stats: --count is how many intervals to print; give it with --interval
                    throttle vda --iops fast      | tidemark: throttle: iops=fast is not valid; give a number, as 2000, 20K or 100M
                    throttle vda --iops 0         | tidemark: throttle: iops=0 is out of range; choose 1 to 10000000, or leave it out for no limit
                    throttle vda --bps-burst 1    | tidemark: throttle: bps-burst has no bps to go above; give both
                    throttle vda --bps 1 --off    | tidemark: throttle: --off goes with no limits; leave one of them out
                    resize vda 1x                 | tidemark: resize: Invalid value for positional parameter at index 1 (SIZE): '1x' is no size: write 10737418240, 10G, or +1G; see tidemark resize --help
                    serve --disk id=vda           | tidemark: --disk: image is missing; add image=raw:PATH
                    status --control /none        | tidemark: agent at /none: there is no such socket; is it running? Name its socket with --control
                    """)
    void mistakesAreOneLine(String arguments, String message) {
        int code = run(arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertThat(err.toString()).isEqualTo(message + "\n");
        assertThat(code).isEqualTo(message.contains("no such socket") ? 6 : 2);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void serveTakesDisksOrAFile() throws IOException {
        assertThat(run("serve")).isEqualTo(2);
        assertThat(err.toString()).startsWith("tidemark: serve: Error: Missing required argument");
        assertThat(run("serve", "--disk", "id=a", "--config", "x")).isEqualTo(2);
        assertThat(err.toString()).contains("mutually exclusive");
        Path config = Files.writeString(folder.resolve("vm.yaml"), "disks:\n  - id: a\n    color: red\n");
        assertThat(run("serve", "--config", config.toString())).isEqualTo(2);
        assertThat(err.toString()).startsWith("tidemark: vm.yaml:3: unknown key color;");
        assertThat(run("serve", "--config", "/none.yaml")).isEqualTo(3);
    }

    @Test
    void serveSaysWhichImageIsMissing() {
        assertThat(run(
                        "serve",
                        "--control",
                        folder.resolve("c").toString(),
                        "--disk",
                        "id=a,image=raw:/none,socket=/s"))
                .isEqualTo(3);
        assertThat(err.toString()).isEqualTo("tidemark: image raw:/none: there is no such file; check its path\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "serve",
                "status",
                "mark",
                "throttle",
                "stats",
                "resize",
                "history",
                "changed",
                "blame",
                "restore",
                "verify",
                "completion"
            })
    void everyCommandHasHelpAndVersion(String command) {
        assertThat(run(command, "--help")).isEqualTo(0);
        assertThat(out.toString()).startsWith("Usage: tidemark " + command);
        assertThat(run(command, "--version")).isEqualTo(0);
        assertThat(out.toString()).matches("tidemark \\d+\\.\\d+.* \\(Java .*\\)\\n");
    }

    @Test
    void completionKnowsTheCommands() {
        assertThat(run("completion")).isEqualTo(0);
        assertThat(out.toString()).startsWith("#!/usr/bin/env bash").contains("restore", "--store", "--output");
    }

    @Test
    void progressIsToldWhenAskedFor() {
        histories.work = 3;
        assertThat(run("verify", "--store", "/st", "--progress")).isEqualTo(0);
        assertThat(run("verify", "--store", "/st", "--no-progress")).isEqualTo(0);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void damageIsAResultNotAnError() {
        assertThat(new VerifyReport("/st", List.of(), 0, 0).damaged()).isFalse();
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Tidemark.commandLine(
                new Wiring(
                        FakeDisk::open,
                        FakeDisk::open,
                        FakeDisk::takeOver,
                        (config, _) -> FakeDisk.open(config),
                        histories),
                new Termination(false));
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return line.execute(arguments);
    }
}
