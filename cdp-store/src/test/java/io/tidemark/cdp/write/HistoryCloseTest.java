// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.volume.FaultyVolume;
import io.tidemark.cdp.volume.Lease;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HistoryCloseTest {
    private static final int DISK = 1 << 20;

    /** Longer than a close waits for what may hang. */
    private static final Duration LONG = Duration.ofMillis(1500);

    private final AtomicBoolean givenBack = new AtomicBoolean();
    private final MemoryPlace store = new MemoryPlace();

    /** As its keeper does on busy processors, since it comes last. */
    @Test
    void whoClosesAHistoryMayOpenItAgainHoweverLongItsKeeperTakesToEnd() throws InterruptedException {
        store.make("data", "meta", "packed", "layers");
        var layers = new FaultyVolume(store.volume("layers"), 1);
        var history = new History(
                "vda", new UUID(1, 2), DISK, store.copy(volume -> volume).with("layers", layers));
        var options = Histories.SMALL
                .withSegments(1 << 20, 2 << 10)
                .withCommitInterval(Duration.ZERO)
                .withPatience(Duration.ofSeconds(40));
        var writer = HistoryWriter.open(
                () -> new HistorySource.Opened(history, lease(history.place())), options, Optional.empty());
        layers.choose(FaultyVolume.Fault.HANG, 1);
        writer.gapBegin(1, GapReason.START);
        writer.syncZero(0, 0, DISK);
        writer.gapEnd(1);
        for (int number = 1; layers.hanging() == 0; number++) {
            writer.zero(number, 0, 512);
            Histories.commit(writer);
        }
        var closing = Thread.ofPlatform().start(writer::close);
        assertThat(closing.join(LONG)).as("closed while its keeper works").isFalse();
        layers.choose(FaultyVolume.Fault.NONE, 0);
        closing.join();
        assertThat(givenBack).isTrue();
    }

    private Lease lease(StorePlace place) {
        return new Lease() {
            @Override
            public StorePlace place() {
                return place;
            }

            @Override
            public void check() {}

            @Override
            public void close() {
                givenBack.set(true);
            }
        };
    }
}
