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
import org.junit.jupiter.api.Test;

/** The store fails under load: the guest doesn't notice, the history says so, and heals when the store is back. */
class StoreFaultIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(25);

    /** The point lies in a gap. */
    private static final int REFUSED = 7;

    /** So slow that a history can follow, and a small store lasts. */
    private static final Duration CALM = Duration.ofMillis(50);

    /** One stretch of the story of a store. */
    private interface Event {
        void happens() throws IOException;
    }

    @Test
    void aFullStoreHealsWhenThereIsRoom() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a small store");
        Path place = folder.resolve("small");
        try (Mount small = Mount.tmpfs(place, 24 << 20)) {
            survives(place.resolve("store"), Duration.ZERO, () -> {}, "no space left", () -> small.resize(1 << 30));
        }
    }

    @Test
    void aStoreThatWasMovedAwayIsTakenUpAgainWhenItIsBack() throws IOException {
        Path aside = folder.resolve("aside");
        survives(store(), CALM, () -> Files.move(store(), aside), "moved or deleted", () -> {
            assertThat(store()).doesNotExist();
            Files.move(aside, store());
        });
    }

    @Test
    void aStoreThatTurnedReadOnlyIsTakenUpAgainWhenItIsMountedAnew() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a file system to break");
        Path place = folder.resolve("frail");
        try (Mount frail = Mount.ext4(folder.resolve("frail.img"), place, 256 << 20)) {
            survives(place.resolve("store"), CALM, frail::turnReadOnly, "Read-only file system", frail::repair);
        }
    }

    private void survives(Path store, Duration pace, Event fault, String reason, Event remedy) throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        Instant unrecorded;
        try (TidemarkAgent agent = TidemarkAgent.start(log(), ServedDisk.captured(image, socket(), QUEUES, store))) {
            HistoryView.awaitProtected(store);
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
                VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
                load.pace(pace);
                try (BackgroundLoad running = BackgroundLoad.start(load)) {
                    running.awaitMore(200);
                    fault.happens();
                    failureIsVisible(agent, reason);
                    load.pace(CALM);
                    running.awaitMore(250);
                    unrecorded = Instant.now();
                    running.awaitMore(250);
                    remedy.happens();
                    agent.awaitState(State.PROTECTED, PATIENCE);
                    running.awaitMore(200);
                    running.finish();
                }
                assertThat(load.acknowledged()).isEqualTo(load.submitted());
                load.checkState(image, load.submitted());
            }
            agent.awaitCaughtUp();
            historyIsWhole(store, image);
            assertThat(agent.terminate()).isZero();
        }
        historyIsWhole(store, image);
        assertThat(TidemarkCli.tryRestore(store, unrecorded.toString(), newPath())
                        .code())
                .isEqualTo(REFUSED);
    }

    private static void failureIsVisible(TidemarkAgent agent, String reason) {
        ProtectionStatus failed = agent.awaitState(State.FAILED, PATIENCE);
        assertThat(failed.gapReason()).isEqualTo("store_error");
        assertThat(failed.lastError()).contains(reason);
        String said = TidemarkCli.run(
                        "status", "--sample", "0", "--control", agent.control().toString())
                .orThrow("tidemark status")
                .output();
        assertThat(said).contains("protection failed", "gap: store_error", reason);
        assertThat(agent.status().queues())
                .allSatisfy(queue -> assertThat(queue.failed()).isZero());
    }

    /** The gap is told, no other is open, nothing is damaged, and the end of the history is the disk. */
    private void historyIsWhole(Path store, Path image) throws IOException {
        HistoryView history = HistoryView.awaitProtected(store, "store error");
        assertThat(history.intervals()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(TidemarkCli.verify(store).code()).isZero();
        Path restored = newPath();
        TidemarkCli.restore(store, "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }
}
