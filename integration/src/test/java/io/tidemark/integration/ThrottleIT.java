// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tidemark.agent.control.ControlClient;
import io.tidemark.filters.throttle.Limit;
import io.tidemark.filters.throttle.LimitKind;
import io.tidemark.filters.throttle.Limits;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.SteadyLoad;
import io.tidemark.integration.process.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A throttled disk, by the clock. */
class ThrottleIT extends LabTest {
    private static final int DEPTH = 16;
    private static final int BLOCK = 4096;
    private static final Duration WINDOW = Duration.ofSeconds(3);
    private static final Duration GAP = Duration.ofMillis(50);
    private static final Pattern STOOD_STILL = Pattern.compile("stood still for ([0-9.]+) ms");

    private final long seed = System.nanoTime();

    private static void throttle(TidemarkAgent agent, String... limits) {
        String[] command = new String[limits.length + 4];
        command[0] = "throttle";
        command[1] = "vda";
        command[2] = "--control";
        command[3] = agent.control().toString();
        System.arraycopy(limits, 0, command, 4, limits.length);
        TidemarkCli.run(command).orThrow("tidemark throttle");
    }

    @Test
    void ratesAreKeptWhileTheyChangeUnderLoad() {
        Path image = newImage(64 << 20);
        try (TidemarkAgent agent = serve(image);
                BlkioDisk disk = BlkioDisk.open(agent.socket(), 2);
                SteadyLoad load = new SteadyLoad(disk, DEPTH, BLOCK, 0.5, seed)) {
            load.awaitMore(5000);
            ControlClient control = new ControlClient(agent.control());
            control.throttle("vda", new Limits(Map.of(LimitKind.IOPS, Limit.of(2000))));
            load.awaitMore(500);
            double iops = load.rate(WINDOW);
            control.throttle("vda", new Limits(Map.of(LimitKind.BPS, Limit.of(20_000_000))));
            load.awaitMore(1000);
            double bytes = load.rate(WINDOW) * BLOCK;
            throttle(agent, "--iops-write", "300");
            load.awaitMore(100);
            long writesBefore = load.writes();
            long began = System.nanoTime();
            load.rate(WINDOW);
            double writes = (load.writes() - writesBefore) * 1e9 / (System.nanoTime() - began);
            System.out.printf("%.0f IOPS of 2000; %.2f MB/s of 20; %.0f writes/s of 300%n", iops, bytes / 1e6, writes);
            assertKept(iops, 2000);
            assertKept(bytes, 20e6);
            assertKept(writes, 300);
            assertThat(agent.status().throttle().delayed()).isGreaterThan(5000);

            // What waits for long goes at once when the limits are taken away.
            throttle(agent, "--iops", "1", "--iops-burst", "1");
            Await.until(
                    "a queue of requests",
                    Duration.ofSeconds(10),
                    () -> agent.status().throttle().waiting() == 2 * DEPTH);
            assertThat(agent.status().queues())
                    .allSatisfy(queue -> assertThat(queue.inFlight()).isEqualTo(DEPTH));
            throttle(agent, "--off");
            load.awaitMore(5000);
            load.finish();
            assertThat(agent.status().throttle().waiting()).isZero();
        }
    }

    /** Never more; less only if the load itself has stood still on a busy machine. */
    private static void assertKept(double rate, double limit) {
        assertThat(rate).isBetween(0.85 * limit, 1.05 * limit);
    }

    @Test
    void requestsThatWaitDoNotKeepAFrontendThatLeaves() {
        Path image = newImage(64 << 20);
        try (TidemarkAgent agent = serve(image)) {
            throttle(agent, "--iops", "1", "--iops-burst", "1");
            for (int i = 0; i < 3; i++) {
                try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 2);
                        SteadyLoad load = new SteadyLoad(disk, DEPTH, BLOCK, 0.5, seed)) {
                    Await.until(
                            "a queue of requests",
                            Duration.ofSeconds(10),
                            () -> agent.status().throttle().waiting() >= 2 * DEPTH - 1);
                }
                long began = System.nanoTime();
                Await.until(
                        "the end of the connection",
                        Duration.ofSeconds(10),
                        () -> !agent.status().connected());
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
            }
            // They have been done, and are paid for.
            throttle(agent, "--off");
            assertThat(agent.terminate()).isZero();
        }
    }

    @Test
    void aNewAgentKeepsTheLimitsAndDoesNotWait() throws IOException {
        Path image = newImage(64 << 20);
        TidemarkAgent agent = serve(image);
        throttle(agent, "--iops", "100", "--iops-burst", "1");
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 2);
                SteadyLoad load = new SteadyLoad(disk, DEPTH, BLOCK, 0.5, seed)) {
            double least = Double.MAX_VALUE;
            Path log = log();
            for (int i = 0; i < 3; i++) {
                load.awaitMore(20);
                Path next = folder.resolve("heir" + i + ".log");
                agent = agent.takenOver(next);
                least = Math.min(least, stoodStill(log));
                log = next;
                assertThat(agent.status().throttle().limits().checked())
                        .isEqualTo(new Limits(Map.of(LimitKind.IOPS, new Limit(100, 1))));
            }
            System.out.printf("least gap %.1f ms%n", least);
            assertThat(least).isLessThan(GAP.toMillis());
            load.awaitMore(50);
            assertThat(load.rate(WINDOW)).isCloseTo(100, within(5.0));
            throttle(agent, "--off");
            load.finish();
        }
        assertThat(agent.terminate()).isZero();
    }

    private static double stoodStill(Path log) throws IOException {
        Matcher line = STOOD_STILL.matcher(Files.readString(log));
        assertThat(line.find()).as("the gap in %s", log).isTrue();
        return Double.parseDouble(line.group(1));
    }
}
