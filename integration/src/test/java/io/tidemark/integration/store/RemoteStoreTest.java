// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.agent.status.ProtectionStatus.State;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.BackgroundLoad;
import io.tidemark.integration.load.VerifyingLoad;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** An agent under load whose store is elsewhere. */
abstract class RemoteStoreTest {
    static final int QUEUES = 2;
    static final int DEPTH = 8;
    static final Duration PATIENCE = Duration.ofSeconds(90);

    /** So slow that a history can follow. */
    private static final Duration CALM = Duration.ofMillis(50);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    /** What happens to a store. */
    interface Event {
        void happens() throws IOException;
    }

    Path newImage() throws IOException {
        Path image = folder.resolve("vda.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(VerifyingLoad.bytes(QUEUES, DEPTH));
        }
        return image;
    }

    TidemarkAgent protect(Path image, Path store) {
        return TidemarkAgent.start(
                folder.resolve("agent.log"), ServedDisk.captured(image, folder.resolve("vda.sock"), QUEUES, store));
    }

    /** All that the guest writes is in the history, before and after the agent's end. */
    void recordsALoad(Path store) throws IOException {
        Path image = newImage();
        try (TidemarkAgent agent = protect(image, store)) {
            HistoryView.awaitProtected(store);
            loaded(agent, image, () -> {});
            agent.awaitCaughtUp();
            isWhole(store, image);
            assertThat(agent.terminate()).isZero();
        }
        isWhole(store, image);
        Path copy = folder.resolve("copy");
        TidemarkCli.run("export", "vda", "--store", store.toString(), "--to", copy.toString())
                .orThrow("tidemark export");
        isWhole(copy, image);
        assertThat(TidemarkCli.run("salvage", "vda", "--store", store.toString())
                        .code())
                .isZero();
    }

    /** The guest goes on while the store is away; when it is back, so does the history, and what it missed is told. */
    void survives(Path store, Event fault, Event remedy) throws IOException {
        Path image = newImage();
        try (TidemarkAgent agent = protect(image, store)) {
            HistoryView.awaitProtected(store);
            loaded(agent, image, fault);
            remedy.happens();
            agent.awaitState(State.PROTECTED, PATIENCE);
            agent.awaitCaughtUp();
            isWhole(store, image);
            assertThat(agent.terminate()).isZero();
        }
        isWhole(store, image);
    }

    void loaded(TidemarkAgent agent, Path image, Event event) throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
            VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
            load.pace(CALM);
            try (BackgroundLoad running = BackgroundLoad.start(load)) {
                running.awaitMore(200);
                event.happens();
                running.awaitMore(400);
                running.finish();
            }
            assertThat(load.acknowledged()).isEqualTo(load.submitted());
            load.checkState(image, load.submitted());
        }
    }

    void isWhole(Path store, Path image) throws IOException {
        assertThat(TidemarkCli.verify(store).code()).isZero();
        Path restored = Files.createTempFile(folder, "restored", ".img");
        Files.delete(restored);
        TidemarkCli.restore(store, "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }
}
