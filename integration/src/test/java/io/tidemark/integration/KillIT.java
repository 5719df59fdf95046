// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;

/** The agent is killed in the middle of writing. */
class KillIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 8;

    @RepeatedTest(3)
    void whatWasDurableComesBackAndTheHistoryGoesOn() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        VerifyingLoad load = killInTheMiddle(image, seed);

        // No acknowledged write is lost on the image; the store is whole, and each of its states is one that the disk
        // was in.
        load.checkNothingLost(image);
        assertThat(TidemarkCli.verify(store()).code()).isZero();
        HistoryView.Interval durable = HistoryView.of(store()).lastInterval();
        assertThat(durable.lastWrite()).isPositive().isLessThanOrEqualTo(load.submitted());
        for (long write : List.of(
                durable.firstWrite(), durable.lastWrite() / 3, durable.lastWrite() * 2 / 3, durable.lastWrite())) {
            Path restored = newPath();
            TidemarkCli.restore(store(), "write:" + write, restored);
            load.checkState(restored, write);
        }

        goesOn(image, durable);
    }

    private VerifyingLoad killInTheMiddle(Path image, long seed) {
        try (TidemarkAgent agent = protect(image)) {
            HistoryView.awaitProtected(store());
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
                VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
                Thread writing = Thread.ofPlatform().start(() -> load.run(100_000));
                long enough = 2000 + Math.floorMod(seed, 3000L);
                Await.until("a load under way", Duration.ofSeconds(60), () -> load.acknowledged() > enough);
                agent.kill();
                load.stop();
                Await.until("the end of the load", Duration.ofSeconds(30), () -> !writing.isAlive());
                return load;
            }
        }
    }

    /** The agent starts again on the same image and store: the gap is told, and its end is exact. */
    private void goesOn(Path image, HistoryView.Interval durable) throws IOException {
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            HistoryView history = HistoryView.awaitProtected(store(), "restart");
            assertThat(history.intervals()).hasSizeGreaterThanOrEqualTo(2).contains(durable);
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
                var memory = disk.allocate(4096);
                memory.fill((byte) 7);
                disk.queue(0).write(8192, memory.address(), 4096, 1);
                assertThat(disk.queue(0).submitAndReap(1, 5_000_000_000L)).isEqualTo(1);
            }
            assertThat(agent.terminate()).isZero();
        }
        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
        assertThat(TidemarkCli.verify(store()).code()).isZero();
    }
}
