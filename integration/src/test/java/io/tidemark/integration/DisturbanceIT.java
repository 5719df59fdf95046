// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.BackgroundLoad;
import io.tidemark.integration.load.RashFrontend;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.LabException;
import io.tidemark.integration.process.ProcessHoldings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The agent is told to end, or its frontend vanishes, with requests in flight. */
class DisturbanceIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 8;
    private static final int VISITS = 50;
    private static final int KILLED = 5;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Test
    void sigtermUnderLoadEndsInOrderAndTheDiskGoesOn() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        VerifyingLoad load = terminateInTheMiddle(image, seed);

        load.checkNothingLost(image);
        HistoryView.Interval end = HistoryView.of(store()).lastInterval();
        assertThat(end.lastWrite()).isBetween(load.acknowledged(), load.submitted());
        load.checkState(image, end.lastWrite());
        latestIsTheDisk(image);

        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            serves(agent);
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        assertThat(HistoryView.of(store()).gapReasons()).containsExactly("start", "restart");
        latestIsTheDisk(image);
    }

    private VerifyingLoad terminateInTheMiddle(Path image, long seed) {
        try (TidemarkAgent agent = protect(image)) {
            HistoryView.awaitProtected(store());
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
                VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
                // As fast as a history can surely follow: the last interval then has all.
                load.pace(Duration.ofMillis(5));
                try (BackgroundLoad running = BackgroundLoad.start(load)) {
                    running.awaitMore(1000 + Math.floorMod(seed, 1000L));
                    long before = System.nanoTime();
                    assertThat(agent.terminate()).isZero();
                    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
                    running.abandon();
                }
                return load;
            }
        }
    }

    @Test
    void frontendsThatVanishLeaveNothingBehind() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Path image = newImage(8 << 20);
        try (TidemarkAgent agent = protect(image)) {
            RashFrontend.visit(socket(), QUEUES, random);
            ProcessHoldings before = whenAlone(agent);
            for (int i = 0; i < VISITS; i++) {
                if (i % (VISITS / KILLED) == 0) {
                    killedVisit(random.nextLong());
                } else {
                    RashFrontend.visit(socket(), 1 + random.nextInt(QUEUES), random);
                }
            }
            nothingIsLeft(agent, before);
            serves(agent);
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        latestIsTheDisk(image);
        // Nobody holds a lock on the image or the history: they can be served again.
        try (TidemarkAgent agent = protect(image)) {
            serves(agent);
            assertThat(agent.terminate()).isZero();
        }
    }

    private void killedVisit(long seed) throws IOException {
        Path said = Files.createTempFile(folder, "frontend", ".log");
        try (Child frontend = Child.start("frontend", said, command(seed))) {
            frontend.await("requests are under way", PATIENCE, () -> contains(said, RashFrontend.UNDER_WAY));
            frontend.kill();
        }
    }

    private List<String> command(long seed) {
        return List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                RashFrontend.class.getName(),
                socket().toString(),
                Integer.toString(QUEUES),
                Long.toString(seed));
    }

    private static boolean contains(Path file, String text) {
        try {
            return Files.readString(file).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ProcessHoldings whenAlone(TidemarkAgent agent) {
        agent.awaitCaughtUp();
        Await.until("no frontend", PATIENCE, () -> !agent.status().connected());
        return ProcessHoldings.of(agent.pid());
    }

    private static void nothingIsLeft(TidemarkAgent agent, ProcessHoldings before) {
        List<?>[] left = new List<?>[1];
        try {
            Await.until("no more files and threads than before", PATIENCE, () -> {
                left[0] = whenAlone(agent).moreThan(before);
                return left[0].isEmpty();
            });
        } catch (LabException e) {
            throw new LabException(e.getMessage() + ": " + left[0], e);
        }
    }

    /** A frontend that behaves is served. */
    private static void serves(TidemarkAgent agent) {
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
            var written = disk.allocate(4096);
            var read = disk.allocate(4096);
            written.fill((byte) 7);
            disk.queue(0).write(8192, written.address(), 4096, 1);
            assertThat(disk.queue(0).submitAndReap(1, 5_000_000_000L)).isEqualTo(1);
            disk.queue(0).read(8192, read.address(), 4096, 2);
            assertThat(disk.queue(0).submitAndReap(1, 5_000_000_000L)).isEqualTo(1);
            assertThat(disk.queue(0).result(0)).isZero();
            assertThat(read.mismatch(written)).isEqualTo(-1);
        }
    }

    private void latestIsTheDisk(Path image) throws IOException {
        assertThat(TidemarkCli.verify(store()).code()).isZero();
        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }
}
