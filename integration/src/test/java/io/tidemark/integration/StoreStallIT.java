// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.agent.status.ProtectionStatus.State;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.load.PacedLoad;
import io.tidemark.integration.storage.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/**
 * What a guest feels of a store that answers nothing at all: windows with and without a stall in turn, so that what the machine
 * does besides is in both.
 */
class StoreStallIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int RATE = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration WINDOW = Duration.ofSeconds(Long.getLong("tidemark.stall", 4));
    private static final int ROUNDS = Integer.getInteger("tidemark.rounds", 3);

    /** The bar holds for long windows on a machine that does nothing else; a short run in company only tells a guest that waits. */
    private static final boolean EXACT = Boolean.getBoolean("tidemark.exact");

    @Test
    void aGuestDoesNotFeelAStoreThatStalls() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a file system to freeze");
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Path place = folder.resolve("frozen");
        Path store = place.resolve("store");
        Path image = folder.resolve("disk.img");
        Files.write(image, new byte[256 << 20]);
        List<Long> without = new ArrayList<>();
        List<Long> with = new ArrayList<>();
        try (Mount frozen = Mount.ext4(folder.resolve("frozen.img"), place, 4L << 30);
                TidemarkAgent agent = TidemarkAgent.start(log(), ServedDisk.captured(image, socket(), QUEUES, store))) {
            HistoryView.awaitProtected(store);
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES);
                    PacedLoad load = new PacedLoad(disk, RATE, seed)) {
                load.during(WINDOW); // the code gets warm
                for (int i = 0; i < ROUNDS; i++) {
                    without.add(told("calm ", load.during(WINDOW)));
                    frozen.freeze();
                    try {
                        with.add(told("stall", load.during(WINDOW)));
                        assertThat(agent.status().protection().spool())
                                .as("the store is frozen")
                                .isNotNull();
                    } finally {
                        frozen.thaw();
                    }
                    agent.awaitProtection(
                            "nothing waits", PATIENCE, now -> now.spool() == null && now.state() == State.PROTECTED);
                }
            }
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        double ratio = (double) median(with) / median(without);
        System.out.printf(
                "p99 in the median: %d us without, %d us in a stall of %d s: %.2f times%n",
                micros(median(without)), micros(median(with)), WINDOW.toSeconds(), ratio);
        if (EXACT) {
            assertThat(ratio).isLessThan(1.1);
        } else {
            assertThat(median(with)).isLessThan(2 * median(without) + TimeUnit.MILLISECONDS.toNanos(25));
        }
    }

    private static long told(String window, Histogram latencies) {
        long p99 = latencies.getValueAtPercentile(99);
        System.out.printf(
                "%s: %d writes, p50 %d us, p99 %d us, p99.9 %d us, longest %d us%n",
                window,
                latencies.getTotalCount(),
                micros(latencies.getValueAtPercentile(50)),
                micros(p99),
                micros(latencies.getValueAtPercentile(99.9)),
                micros(latencies.getMaxValue()));
        return p99;
    }

    private static long micros(long nanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanos);
    }

    private static long median(List<Long> values) {
        Collections.sort(values);
        return values.get(values.size() / 2);
    }
}
