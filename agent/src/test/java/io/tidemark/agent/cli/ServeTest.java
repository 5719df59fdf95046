// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.agent.FakeDisk;
import io.tidemark.agent.Wiring;
import io.tidemark.agent.control.ControlSocket;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** An agent started by {@code serve}, asked by {@code status} and {@code mark}, and ended as by a signal. */
class ServeTest {
    @TempDir
    Path folder;

    private final List<FakeDisk> disks = new CopyOnWriteArrayList<>();
    private final Termination termination = new Termination(false);
    private int takenOver;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path control;
    private CompletableFuture<Integer> serving;

    @BeforeEach
    void serve() throws Exception {
        Path image = Files.createFile(folder.resolve("image"));
        control = folder.resolve("agent-7.sock");
        Path config =
                Files.writeString(folder.resolve("vm.yaml"), """
                control: %s
                disks:
                  - id: vda
                    image: raw:%s
                    socket: %s
                    queues: 2
                    store: /st
                """.formatted(control, image, folder.resolve("vda.sock")));
        serving =
                CompletableFuture.supplyAsync(() -> line(termination).execute("serve", "--config", config.toString()));
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!ControlSocket.live(folder).contains(control) && !serving.isDone() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @AfterEach
    void end() {
        termination.ask();
        assertThat(serving.join()).isEqualTo(0);
        assertThat(disks).allMatch(FakeDisk::closed);
        assertThat(control).doesNotExist();
    }

    @Test
    void statusAsText() {
        assertThat(run("status", "--control", control.toString(), "--sample", "1"))
                .isEqualTo(0);
        assertThat(out.toString())
                .contains("agent " + ProcessHandle.current().pid(), control.toString())
                .contains("disk vda  raw:" + folder.resolve("image") + "  1.00 GiB", "connected")
                .contains("21 us  134 us  610 us  59.0 ms")
                .contains("queue 1 stopped: descriptor chain has a loop")
                .contains("now 2000 requests/s, 7.81 MiB/s read, 1000.0 KiB/s written")
                .contains("protection syncing  write 42, durable 40, lag 2 writes, 8.00 KiB, 1.5 ms  /st")
                .contains(
                        "gap: START",
                        "spooling: 12.0 MiB wait for the store",
                        "sync: 1.00 MiB of 1.00 GiB",
                        "last error: the store was full");
    }

    @Test
    void statusAsJson() {
        assertThat(run("status", "--control", control.toString(), "--sample", "0", "--output", "json"))
                .isEqualTo(0);
        assertThat(out.toString())
                .contains(
                        "\"p99_9\" : 610.0",
                        "\"rates\" : [ ]",
                        "\"state\" : \"SYNCING\"",
                        "\"control\" : \"" + control);
    }

    @Test
    void mark() {
        assertThat(run("mark", "vda", "before upgrade", "--control", control.toString()))
                .isEqualTo(0);
        assertThat(out.toString()).startsWith("disk vda: before upgrade names write 42 at 2026-01-31T");
        assertThat(out.toString()).doesNotContain("on its way");
        disks.getFirst().neverDurable();
        assertThat(run("mark", "vda", "before upgrade", "--control", control.toString()))
                .isEqualTo(5);
        assertThat(out.toString()).contains("; it is on its way to the store, which does not answer");
        assertThat(run("mark", "vdx", "x", "--control", control.toString())).isEqualTo(3);
        assertThat(err.toString())
                .isEqualTo("tidemark: disk vdx: this agent does not serve it; see GET /v1/disks for those it serves\n");
    }

    @Test
    void statsAsTotalsAndLive() {
        assertThat(run("stats", "vda", "--control", control.toString())).isEqualTo(0);
        assertThat(out.toString()).isEqualToNormalizingNewlines("""
                in 1 s:
                  queue  type  requests      bytes     p50     p99   p99.9     max
                      0  read       100  400.0 KiB  100 us  100 us  1.0 ms  1.0 ms
                      1  read       100  400.0 KiB  100 us  100 us  1.0 ms  1.0 ms
                  queue  failed  in flight  oldest  kicks  saved  interrupts  saved  poll hits  sleeps
                      0       0          3  1.5 ms     25     75          10     90          1       2
                      1       0          3  1.5 ms     25     75          10     90          1       2
                """);
        assertThat(run("stats", "vda", "-i", "0.01", "-n", "2", "--control", control.toString()))
                .isEqualTo(0);
        assertThat(out.toString().lines().map(line -> line.substring(8)))
                .containsExactly(
                        " queue  reads/s       read/s      p50      p99 writes/s    written/s      p50      p99  other/s in flight   oldest k saved i saved",
                        "     0      100    400.0 KiB   100 us   100 us        0          0 B     0 us     0 us        0         3   1.5 ms    75 %    90 %",
                        "     1      100    400.0 KiB   100 us   100 us        0          0 B     0 us     0 us        0         3   1.5 ms    75 %    90 %",
                        "     0      100    400.0 KiB   100 us   100 us        0          0 B     0 us     0 us        0         3   1.5 ms    75 %    90 %",
                        "     1      100    400.0 KiB   100 us   100 us        0          0 B     0 us     0 us        0         3   1.5 ms    75 %    90 %");
        assertThat(run("stats", "vda", "-i", "1000", "--control", control.toString()))
                .isEqualTo(2);
        assertThat(err.toString())
                .isEqualTo("tidemark: interval: 1000.0 seconds are out of range; choose 0.01 to 300\n");
    }

    @Test
    void throttle() {
        assertThat(run("throttle", "vda", "--control", control.toString())).isEqualTo(0);
        assertThat(out.toString()).isEqualTo("disk vda: no limits\n");
        assertThat(run("throttle", "vda", "--iops", "2000", "--bps-write=64M", "--control", control.toString()))
                .isEqualTo(0);
        String limits =
                "throttle iops 2000 (burst 200), bps-write 64.0 MiB (burst 6.40 MiB); 5 waiting, 1234 delayed\n";
        assertThat(out.toString()).isEqualTo("disk vda: " + limits);
        assertThat(run("throttle", "vda", "--control", control.toString())).isEqualTo(0);
        assertThat(out.toString()).isEqualTo("disk vda: " + limits);
        assertThat(run("status", "--control", control.toString())).isEqualTo(0);
        assertThat(out.toString()).contains("\n  " + limits);
        assertThat(run("throttle", "vda", "--off", "--control", control.toString(), "-o", "json"))
                .isEqualTo(0);
        assertThat(out.toString()).contains("\"limits\" : { }", "\"waiting\" : 5");
        assertThat(run("throttle", "vdx", "--iops", "5", "--control", control.toString()))
                .isEqualTo(3);
    }

    @Test
    void aSecondAgentOnTheSameControlSocketIsRefused() throws IOException {
        Path image = Files.createFile(folder.resolve("other"));
        assertThat(run(
                        "serve",
                        "--control",
                        control.toString(),
                        "--disk",
                        "id=vdb,image=raw:" + image + ",socket=" + folder.resolve("vdb.sock")))
                .isEqualTo(4);
        assertThat(err.toString()).contains("another agent listens on it; stop that one or choose another path");
        assertThat(disks).hasSize(1);
    }

    /** Its guests would be left with nobody. */
    @Test
    void aTakeOverThatCanNotBeControlledTakesNothing() throws IOException {
        Path taken = Files.createFile(folder.resolve("taken"));
        assertThat(run(
                        "serve",
                        "--take-over",
                        control.toString(),
                        "--control",
                        taken.toString(),
                        "--disk",
                        "id=vda,image=raw:" + folder.resolve("image") + ",socket=" + folder.resolve("vda.sock")))
                .isEqualTo(7);
        assertThat(err.toString()).contains("there is a file that is no socket; remove it or choose another path");
        assertThat(takenOver).isZero();
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return line(new Termination(false)).execute(arguments);
    }

    private CommandLine line(Termination ending) {
        Wiring wiring = new Wiring(
                config -> {
                    FakeDisk disk = FakeDisk.open(config);
                    disks.add(disk);
                    return disk;
                },
                FakeDisk::open,
                (from, config) -> {
                    takenOver++;
                    return FakeDisk.takeOver(from, config);
                },
                (config, _) -> FakeDisk.open(config),
                new FakeHistories());
        return Tidemark.commandLine(wiring, ending).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    }
}
