// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.volume.FaultyVolume.Fault;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Without a fault it is a volume like any other; with one, nothing that was durable is ever lost. */
class FaultyVolumeTest extends StoreVolumeTest {
    private static final int DISK = 1 << 20;

    private final MemoryVolume below = new MemoryVolume();
    private final FaultyVolume volume = new FaultyVolume(below, 1);

    @Override
    protected StoreVolume volume() {
        return volume;
    }

    @Test
    void faultsAreMetUntilTheyAreTakenBack() throws IOException {
        try (var segment = volume.create("00000001")) {
            var bytes = MemorySegment.ofArray(new byte[1000]);
            volume.choose(Fault.NO_SPACE, 1);
            assertThatThrownBy(() -> segment.append(bytes)).hasMessageContaining("No space left");
            assertThatThrownBy(() -> volume.create("00000002")).hasMessageContaining("No space left");
            volume.choose(Fault.IO, 1);
            assertThatThrownBy(segment::sync).hasMessageContaining("Input/output error");
            volume.choose(Fault.SHORT, 1);
            assertThatThrownBy(() -> segment.append(bytes)).hasMessageContaining("Input/output error");
            volume.choose(Fault.NONE, 1);
            assertThat(segment.size()).isBetween(0L, 1000L);
            segment.truncate(0);
            segment.append(bytes);
            segment.sync();
            assertThat(segment.size()).isEqualTo(1000);
        }
    }

    @Test
    @Timeout(20)
    void whoHangsGoesOnWhenHeIsLet() throws Exception {
        try (var segment = volume.create("00000001")) {
            volume.choose(Fault.HANG, 1);
            var writer = Thread.ofPlatform().start(() -> {
                try {
                    segment.append(MemorySegment.ofArray(new byte[8]));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            while (volume.hanging() == 0) {
                Thread.onSpinWait();
            }
            assertThat(below.content("00000001")).isEmpty();
            volume.choose(Fault.NONE, 1);
            writer.join();
            assertThat(segment.size()).isEqualTo(8);
        }
    }

    /** Short writes and errors at random, then a power cut: what was durable is there, and nothing is damaged. */
    @Test
    @Timeout(60)
    void whatWasDurableSurvivesRandomFaultsAndAPowerCut() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("faulty seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 10; round++) {
            var data = new MemoryVolume();
            var meta = new MemoryVolume();
            var faultyData = new FaultyVolume(data, random.nextLong());
            var faultyMeta = new FaultyVolume(meta, random.nextLong());
            var history = Histories.with(Histories.inMemory(DISK), faultyData, faultyMeta);
            var model = new Model(DISK, 100 << 10, random);
            long durable = 0;
            try (var writer = Histories.writer(history)) {
                for (int i = 0; i < 100; i++) {
                    model.step(writer);
                }
                writer.commit();
                writer.awaitDurable(100, Duration.ofSeconds(10));
                durable = writer.durable();
                faultyData.choose(random.nextBoolean() ? Fault.SHORT : Fault.IO, 0.05);
                faultyMeta.choose(random.nextBoolean() ? Fault.SHORT : Fault.NO_SPACE, 0.05);
                for (int i = 0; i < 200; i++) {
                    model.step(writer);
                }
                writer.commit();
                writer.awaitDurable(300, Duration.ofMillis(200));
                durable = writer.durable();
            } catch (StoreException _) {
                // What wasn't durable then may be lost.
            }
            var left = Histories.with(history, data.crashed(random), meta.crashed(random));
            assertThat(Verify.run(left, false, (_, _) -> {}).isDamaged())
                    .as("seed %d", seed)
                    .isFalse();
            try (var reader = HistoryReader.open(left, false)) {
                assertThat(reader.position()).as("seed %d", seed).isGreaterThanOrEqualTo(durable);
            }
        }
    }
}
