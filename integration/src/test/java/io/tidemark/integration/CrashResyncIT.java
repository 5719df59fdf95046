// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.TidemarkCli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The agent is killed behind writes: the next one compares what the intent map names, and nothing else. */
class CrashResyncIT extends LabTest {
    private static final int KILLS = Integer.getInteger("tidemark.kills", 10);
    private static final long DISK = 256 << 20;
    private static final long REGION = 4 << 20;
    private static final int WRITES = 64;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @Test
    void onlyWhatTheMapNamesIsCompared() throws IOException {
        System.out.println("-Dtidemark.seed=" + seed);
        Path image = newImage(DISK);
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        for (int kill = 0; kill < KILLS; kill++) {
            try (TidemarkAgent agent = protect(image)) {
                agent.awaitCaughtUp();
                write(agent, random.nextLong(DISK / REGION));
                agent.kill();
            }
        }
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        List<Long> compared = compared(log());
        System.out.println(KILLS + " kills, bytes compared behind them: " + compared);
        // Nothing behind a clean end; behind a kill the region that was written to, and those of kills before it whose
        // half minute is not over.
        assertThat(compared).hasSize(KILLS + 1);
        assertThat(compared.getFirst()).isZero();
        for (int i = 1; i < compared.size(); i++) {
            assertThat(compared.get(i)).isBetween(REGION, i * REGION);
        }
        assertThat(TidemarkCli.verify(store()).code()).isZero();
        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }

    private void write(TidemarkAgent agent, long region) {
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
            var memory = disk.allocate(4096);
            for (int i = 0; i < WRITES; i++) {
                memory.fill((byte) random.nextInt(1, 128));
                long offset = region * REGION + random.nextLong(REGION / 4096) * 4096;
                disk.queue(0).write(offset, memory.address(), 4096, i);
                assertThat(disk.queue(0).submitAndReap(1, 5_000_000_000L)).isEqualTo(1);
            }
        }
    }
}
