// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.agent.status.ProtectionStatus.State;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.read.Point;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.StoredDisk;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.BackgroundLoad;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.ProcessHoldings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The history of a running disk begins, ends and pauses under load, and its guest notices nothing. */
class ProtectIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 8;
    private static final int SWITCHES = Integer.getInteger("tidemark.switches", 20);
    private static final int CHANGES_PER_LANE = 60;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int REFUSED = 7;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());

    private static ProtectionWish wish(ProtectionWish.State state) {
        return new ProtectionWish(state, Optional.empty());
    }

    private ProtectionWish inStore() {
        return new ProtectionWish(ProtectionWish.State.ON, Optional.of(StoreName.parse(store().toString())));
    }

    @Test
    void switchedManyTimesUnderLoad() throws Exception {
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        try (TidemarkAgent agent = serve(image);
                BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES);
                ExecutorService loads = Executors.newSingleThreadExecutor()) {
            ControlClient client = new ControlClient(agent.control());
            VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
            load.run(CHANGES_PER_LANE);
            List<String> expected = new ArrayList<>(List.of("start"));
            client.protect("vda", inStore());
            for (int i = 0; i < SWITCHES; i++) {
                // Wherever it finds it: in the middle of a sync, too.
                boolean off = random.nextBoolean();
                Future<?> running = loads.submit(() -> load.run(2 * CHANGES_PER_LANE));
                if (random.nextInt(4) > 0) {
                    agent.awaitState(State.PROTECTED, PATIENCE);
                    expected.add(off ? "disabled" : "paused");
                }
                ProtectionStatus without = client.protect(
                                "vda", wish(off ? ProtectionWish.State.OFF : ProtectionWish.State.PAUSED))
                        .protection();
                assertThat(without.state()).isEqualTo(off ? State.OFF : State.PAUSED);
                running.get();
                nothingIsCopiedFor(agent, load, off);
                running = loads.submit(() -> load.run(CHANGES_PER_LANE));
                client.protect("vda", inStore());
                running.get();
                agent.awaitCaughtUp();
                awaitWhole(agent);
                try (StoredDisk stored = StoredDisk.open(store(), "vda")) {
                    Path latest = newPath();
                    stored.copy(new Point.Latest(), latest);
                    assertThat(Files.mismatch(latest, image)).as("round %s", i).isEqualTo(-1);
                    load.checkState(latest, load.submitted());
                    Files.delete(latest);
                }
            }
            assertThat(agent.status().queues())
                    .allSatisfy(queue -> assertThat(queue.failed()).isZero());
            try (StoredDisk stored = StoredDisk.open(store(), "vda")) {
                List<Gap> gaps = stored.reader().gaps();
                System.out.println("gaps " + gaps.stream().map(Gap::reason).toList());
                assertThat(gaps.stream().map(Gap::reason).distinct().toList())
                        .containsAll(expected.stream().distinct().toList());
                statesOutsideGapsAreTheLoads(stored, gaps, load, random);
            }
            assertThat(agent.terminate()).isZero();
        }
        assertThat(TidemarkCli.verify(store()).code()).isZero();
    }

    /** The end of a gap is no write, and is durable some milliseconds later. */
    private void awaitWhole(TidemarkAgent agent) {
        Await.until("a history without an open gap", PATIENCE, () -> {
            try (StoredDisk stored = StoredDisk.open(store(), "vda")) {
                return stored.reader().gaps().stream().noneMatch(Gap::isOpen)
                        && stored.reader().position()
                                == agent.status().protection().position();
            }
        });
    }

    private static void nothingIsCopiedFor(TidemarkAgent agent, VerifyingLoad load, boolean off) {
        long copied = agent.status().protection().copiedBytes();
        load.run(CHANGES_PER_LANE);
        ProtectionStatus now = agent.status().protection();
        assertThat(now.copiedBytes()).isEqualTo(copied);
        if (off) {
            assertThat(ProcessHoldings.of(agent.pid()).threads())
                    .noneMatch(thread -> thread.matches("vda-(capture|append|lz4).*"));
        } else {
            assertThat(now.gapReason()).isNotNull();
            assertThat(now.since()).isNotNull();
        }
    }

    private void statesOutsideGapsAreTheLoads(StoredDisk stored, List<Gap> gaps, VerifyingLoad load, Random random)
            throws IOException {
        long end = stored.reader().position();
        int checked = 0;
        for (int i = 0; i < 200 && checked < 40; i++) {
            long number = 1 + random.nextLong(end);
            if (gaps.stream().anyMatch(gap -> number > gap.from() && number < gap.to() || number == gap.from())) {
                continue;
            }
            Path state = newPath();
            stored.copy(new Point.WriteNumber(number), state);
            load.checkPossible(state);
            Files.delete(state);
            checked++;
        }
        System.out.println(checked + " states of " + end + " checked");
    }

    @Test
    void ordersThatCannotBeCarriedOutChangeNothing() throws IOException {
        Path image = newImage(VerifyingLoad.bytes(1, 1));
        Path file = Files.writeString(folder.resolve("file"), "no store");
        try (TidemarkAgent agent = serve(image)) {
            assertThat(protect(agent).code()).isEqualTo(REFUSED);
            assertThat(protect(agent, "--pause").code()).isEqualTo(REFUSED);
            assertThat(protect(agent, "--off").code()).isZero();
            assertThat(protect(agent, "--off", "--pause").code()).isEqualTo(2);
            Command wrong = protect(agent, "--store", file.toString());
            assertThat(wrong.code()).isNotZero();
            assertThat(agent.status().protection().state()).isEqualTo(State.OFF);
            assertThat(agent.status().protection().store()).isNull();
            assertThat(protect(agent, "--store", store().toString()).code()).isZero();
            agent.awaitState(State.PROTECTED, PATIENCE);
            Command elsewhere =
                    protect(agent, "--store", folder.resolve("other").toString());
            assertThat(elsewhere.code()).isEqualTo(REFUSED);
            assertThat(agent.status().protection().state()).isEqualTo(State.PROTECTED);
            Command paused = protect(agent, "--pause");
            assertThat(paused.code()).isZero();
            assertThat(paused.output()).contains("protection paused", "gap: paused");
            assertThat(protect(agent, "--resume").code()).isZero();
            agent.awaitState(State.PROTECTED, PATIENCE);
            assertThat(protect(agent, "--off").code()).isZero();
            assertThat(protect(agent, "--store", folder.resolve("other").toString())
                            .code())
                    .isZero();
            assertThat(agent.awaitState(State.PROTECTED, PATIENCE).store())
                    .isEqualTo(folder.resolve("other").toString());
            assertThat(agent.terminate()).isZero();
        }
    }

    private static Command protect(TidemarkAgent agent, String... options) {
        List<String> arguments = new ArrayList<>(List.of("protect", "vda"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("--control", agent.control().toString()));
        return TidemarkCli.run(arguments.toArray(String[]::new));
    }

    @Test
    void aNewAgentKeepsToWhatWasOrdered() throws IOException {
        System.out.println("seed " + seed);
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        TidemarkAgent agent = protect(image);
        agent.awaitCaughtUp();
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
            VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
            try (BackgroundLoad running = BackgroundLoad.start(load)) {
                running.awaitMore(500);
                new ControlClient(agent.control()).protect("vda", wish(ProtectionWish.State.PAUSED));
                running.awaitMore(500);
                agent = agent.takenOver(folder.resolve("paused.log"));
                agent.awaitState(State.PAUSED, PATIENCE);
                running.awaitMore(500);
                new ControlClient(agent.control()).protect("vda", wish(ProtectionWish.State.ON));
                agent.awaitState(State.PROTECTED, PATIENCE);
                new ControlClient(agent.control()).protect("vda", wish(ProtectionWish.State.OFF));
                agent = agent.takenOver(folder.resolve("off.log"));
                running.awaitMore(500);
                assertThat(agent.status().protection().state()).isEqualTo(State.OFF);
                new ControlClient(agent.control()).protect("vda", wish(ProtectionWish.State.ON));
                agent.awaitState(State.PROTECTED, PATIENCE);
                running.awaitMore(500);
                running.finish();
            }
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
            try (StoredDisk stored = StoredDisk.open(store(), "vda")) {
                assertThat(stored.reader().gaps().stream().map(Gap::reason)).contains("paused", "disabled");
                Path latest = newPath();
                stored.copy(new Point.Latest(), latest);
                load.checkState(latest, load.submitted());
            }
        } finally {
            agent.close();
        }
    }

    /** Several callers at once, with no frontend there. */
    @Test
    void twoCallersAtOnce() throws Exception {
        try (TidemarkAgent agent = TidemarkAgent.start(
                        log(), ServedDisk.captured(newImage(VerifyingLoad.bytes(1, 1)), socket(), 1, store()));
                ExecutorService callers = Executors.newFixedThreadPool(3)) {
            List<Future<?>> calls = new ArrayList<>();
            for (int c = 0; c < 3; c++) {
                Random random = new Random(seed + c);
                calls.add(callers.submit(() -> {
                    ControlClient client = new ControlClient(agent.control());
                    for (int i = 0; i < 10; i++) {
                        try {
                            client.protect("vda", wish(ProtectionWish.State.values()[random.nextInt(3)]));
                        } catch (AgentException e) {
                            assertThat(e).hasMessageContaining("nothing is recorded that could be paused");
                        }
                    }
                }));
            }
            for (Future<?> call : calls) {
                call.get();
            }
            ControlClient client = new ControlClient(agent.control());
            client.protect("vda", wish(ProtectionWish.State.ON));
            agent.awaitState(State.PROTECTED, PATIENCE);
            assertThatThrownBy(() -> client.protect("vdx", wish(ProtectionWish.State.ON)))
                    .hasMessageContaining("vdx");
            assertThat(agent.terminate()).isZero();
        }
        assertThat(TidemarkCli.verify(store()).code()).isZero();
    }
}
