// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.agent.status.ProtectionStatus.State;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.BackgroundLoad;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.storage.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The store fails, hangs or slows down under load: the guest doesn't notice, the status says so, the spool keeps what the store
 * doesn't take, and nothing is missing afterwards; or, where the spool is too small, one gap tells what.
 */
class StoreFaultIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration STALL = Duration.ofSeconds(Long.getLong("tidemark.stall", 10));

    /** The point lies in a gap. */
    private static final int REFUSED = 7;

    /** So slow that a history can follow, and a small store lasts. */
    private static final Duration CALM = Duration.ofMillis(20);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());

    /** One stretch of the story of a store. */
    private interface Event {
        void happens() throws IOException;
    }

    @BeforeEach
    void tellSeed() {
        System.out.println("seed " + seed);
    }

    @Test
    void aFullStoreMissesNothingWhenThereIsRoomAgain() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a small store");
        Path place = folder.resolve("small");
        try (Mount small = Mount.tmpfs(place, 24 << 20)) {
            missesNothing(
                    place.resolve("store"), Duration.ZERO, () -> {}, "no space left", () -> small.resize(1 << 30));
        }
    }

    @Test
    void aStoreThatWasMovedAwayMissesNothingWhenItIsBack() throws IOException {
        Path aside = folder.resolve("aside");
        missesNothing(store(), CALM, () -> Files.move(store(), aside), "moved or deleted", () -> {
            assertThat(store()).doesNotExist();
            Files.move(aside, store());
        });
    }

    @Test
    void aStoreThatTurnedReadOnlyMissesNothingWhenItIsMountedAnew() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a file system to break");
        Path place = folder.resolve("frail");
        try (Mount frail = Mount.ext4(folder.resolve("frail.img"), place, 256 << 20)) {
            missesNothing(place.resolve("store"), CALM, frail::turnReadOnly, "Read-only file system", frail::repair);
        }
    }

    @Test
    void aStoreThatMayNotBeChangedMissesNothingWhenItMay() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a file system to break");
        Path place = folder.resolve("forbidden");
        Path store = place.resolve("store");
        try (Mount forbidden = Mount.ext4(folder.resolve("forbidden.img"), place, 256 << 20)) {
            missesNothing(store, CALM, () -> forbidden.forbid(store), "ermi", () -> forbidden.allow(store));
        }
    }

    @Test
    void aStoreThatHangsMissesNothingWhenItAnswers() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a file system to freeze");
        Path place = folder.resolve("frozen");
        try (Mount frozen = Mount.ext4(folder.resolve("frozen.img"), place, 256 << 20)) {
            missesNothing(place.resolve("store"), CALM, frozen::freeze, "not answered", () -> {
                await(STALL);
                frozen.thaw();
            });
        }
    }

    /** It works for a tenth of the time. */
    @Test
    void aSlowStoreMissesNothing() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a file system to freeze");
        Path place = folder.resolve("slow");
        try (Mount slow = Mount.ext4(folder.resolve("slow.img"), place, 256 << 20)) {
            missesNothing(
                    place.resolve("store"),
                    CALM,
                    () -> {
                        for (int i = 0; i < 4; i++) {
                            slow.freeze();
                            await(Duration.ofMillis(2700));
                            slow.thaw();
                            await(Duration.ofMillis(300));
                        }
                        slow.freeze();
                    },
                    "not answered",
                    slow::thaw);
        }
    }

    @Test
    void whatASmallSpoolDoesNotHoldIsOneGap() throws IOException {
        Path store = store();
        Path aside = folder.resolve("aside");
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        Instant unrecorded;
        ServedDisk served = ServedDisk.captured(image, socket(), QUEUES, store).withSpool("4M");
        try (TidemarkAgent agent = TidemarkAgent.start(log(), served)) {
            HistoryView.awaitProtected(store);
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
                VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
                load.pace(CALM);
                try (BackgroundLoad running = BackgroundLoad.start(load)) {
                    running.awaitMore(200);
                    Files.move(store, aside);
                    load.pace(Duration.ZERO);
                    ProtectionStatus lost = agent.awaitState(State.DEGRADED, PATIENCE);
                    assertThat(lost.gapReason()).isEqualTo("store_error");
                    assertThat(lost.spool().reason()).contains("moved or deleted");
                    load.pace(CALM);
                    running.awaitMore(100);
                    unrecorded = Instant.now();
                    running.awaitMore(100);
                    Files.move(aside, store);
                    agent.awaitState(State.PROTECTED, PATIENCE);
                    running.awaitMore(200);
                    running.finish();
                }
                assertThat(load.acknowledged()).isEqualTo(load.submitted());
                load.checkState(image, load.submitted());
            }
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        assertThat(HistoryView.of(store).gapReasons()).containsExactly("start", "store error");
        endIsTheDisk(store, image);
        assertThat(TidemarkCli.tryRestore(store, unrecorded.toString(), newPath())
                        .code())
                .isEqualTo(REFUSED);
    }

    /** Killed in an outage, and started again in it: the disk is served at once, and what was spooled is not lost. */
    @Test
    void aKilledAgentLosesNothingThatWasSpooled() throws IOException {
        Path store = store();
        Path aside = folder.resolve("aside");
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        Path then = newPath();
        ServedDisk served = ServedDisk.captured(image, socket(), QUEUES, store);
        long spooled;
        try (TidemarkAgent agent = TidemarkAgent.start(log(), served)) {
            HistoryView.awaitProtected(store);
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
                VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
                load.pace(CALM);
                try (BackgroundLoad running = BackgroundLoad.start(load)) {
                    running.awaitMore(200);
                    Files.move(store, aside);
                    running.awaitMore(400);
                    running.finish();
                }
            }
            // All of it is behind the last record, and none of it in memory.
            spooled = agent.awaitProtection(
                            "all is spooled",
                            PATIENCE,
                            now -> now.spool() != null
                                    && now.position() > now.durable()
                                    && now.spool().bytes() == bytes(folder.resolve("state/vda.spool")))
                    .position();
            Files.copy(image, then);
            agent.kill();
        }
        assertThat(store).doesNotExist();
        try (TidemarkAgent agent = TidemarkAgent.start(log(), served)) {
            assertThat(store).doesNotExist();
            agent.awaitState(State.FAILED, PATIENCE);
            Files.move(aside, store);
            agent.awaitState(State.PROTECTED, PATIENCE);
            agent.awaitCaughtUp();
            assertThat(bytes(folder.resolve("state/vda.spool"))).isZero();
            assertThat(agent.terminate()).isZero();
        }
        Path restored = newPath();
        TidemarkCli.restore(store, "write:" + spooled, restored);
        assertThat(Files.mismatch(restored, then)).isEqualTo(-1);
        assertThat(HistoryView.of(store).gapReasons()).hasSize(2);
        endIsTheDisk(store, image);
    }

    /**
     * The store is away when the agent starts: its trouble, not the guest's. What is written meanwhile passes history and intent map
     * by, also if the agent dies then; so all of the disk is compared, behind a clean end as well.
     */
    @Test
    void aGuestBootsWithoutTheStoreAndIsComparedWhenItIsBack() throws IOException {
        Path store = store();
        Path aside = folder.resolve("aside");
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        ServedDisk served = ServedDisk.captured(image, socket(), QUEUES, store);
        try (TidemarkAgent agent = TidemarkAgent.start(log(), served)) {
            HistoryView.awaitProtected(store);
            write(agent);
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        Files.move(store, aside);
        try (TidemarkAgent agent = TidemarkAgent.start(log(), served)) {
            agent.awaitState(State.FAILED, PATIENCE);
            assertThat(store).doesNotExist();
            write(agent);
            Files.move(aside, store);
            agent.awaitState(State.PROTECTED, PATIENCE);
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        endIsTheDisk(store, image);
        Files.move(store, aside);
        try (TidemarkAgent agent = TidemarkAgent.start(log(), served)) {
            agent.awaitState(State.FAILED, PATIENCE);
            write(agent);
            agent.kill();
        }
        Files.move(aside, store);
        try (TidemarkAgent agent = TidemarkAgent.start(log(), served)) {
            agent.awaitState(State.PROTECTED, PATIENCE);
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        endIsTheDisk(store, image);
    }

    /** All over the disk, other content each time. */
    private void write(TidemarkAgent agent) {
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
            new VerifyingLoad(disk, DEPTH, System.nanoTime()).run(50);
        }
    }

    private static long bytes(Path folder) {
        long sum = 0;
        for (var file : folder.toFile().listFiles()) {
            sum += file.length();
        }
        return sum;
    }

    private void missesNothing(Path store, Duration pace, Event fault, String reason, Event remedy) throws IOException {
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        try (TidemarkAgent agent = TidemarkAgent.start(log(), ServedDisk.captured(image, socket(), QUEUES, store))) {
            HistoryView.awaitProtected(store);
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
                VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
                load.pace(pace);
                try (BackgroundLoad running = BackgroundLoad.start(load)) {
                    running.awaitMore(200);
                    Duration before = load.p99();
                    fault.happens();
                    spoolingIsVisible(agent, reason);
                    load.pace(CALM);
                    running.awaitMore(200);
                    load.p99();
                    running.awaitMore(300);
                    remedy.happens();
                    System.out.printf(
                            "guest p99 before %s µs, during %s µs; longest wait %s ms (the load rests %s ms)%n",
                            TimeUnit.NANOSECONDS.toMicros(before.toNanos()),
                            TimeUnit.NANOSECONDS.toMicros(load.p99().toNanos()),
                            load.longestPause().toMillis(),
                            CALM.toMillis());
                    agent.awaitProtection(
                            "nothing waits", PATIENCE, now -> now.spool() == null && now.state() == State.PROTECTED);
                    running.awaitMore(200);
                    running.finish();
                }
                assertThat(load.acknowledged()).isEqualTo(load.submitted());
                load.checkState(image, load.submitted());
            }
            agent.awaitCaughtUp();
            assertThat(agent.status().queues())
                    .allSatisfy(queue -> assertThat(queue.failed()).isZero());
            assertThat(agent.terminate()).isZero();
        }
        HistoryView history = HistoryView.of(store);
        assertThat(history.gapReasons()).containsExactly("start");
        assertThat(history.intervals()).hasSize(1);
        endIsTheDisk(store, image);
    }

    private static void spoolingIsVisible(TidemarkAgent agent, String reason) {
        ProtectionStatus spooling = agent.awaitProtection(
                "spooling",
                PATIENCE,
                now -> now.spool() != null
                        && now.spool().reason() != null
                        && now.spool().reason().contains(reason));
        assertThat(spooling.state()).isEqualTo(State.PROTECTED);
        assertThat(spooling.gapReason()).isNull();
        String said = TidemarkCli.run(
                        "status", "--sample", "0", "--control", agent.control().toString())
                .orThrow("tidemark status")
                .output();
        assertThat(said).contains("protection protected", "spooling: ");
    }

    /** Nothing is damaged, and the end of the history is the disk. */
    private void endIsTheDisk(Path store, Path image) throws IOException {
        assertThat(TidemarkCli.verify(store).code()).isZero();
        Path restored = newPath();
        TidemarkCli.restore(store, "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }

    private static void await(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }
}
