// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.volume.FaultyVolume;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GroupCommitTest {
    private static final int DISK = 1 << 20;

    /** As a guest's flushes on many requests at once, with durability=flush. */
    @Test
    void whoeverAsksDuringACommitSharesTheNext() throws Exception {
        var store = new MemoryPlace();
        store.make("data", "meta", "packed", "layers");
        var meta = new FaultyVolume(store.volume("meta"), 1);
        var history = new History(
                "vda", new UUID(1, 2), DISK, store.copy(volume -> volume).with("meta", meta));
        try (var writer = Histories.writer(history, Histories.SMALL.withCommitInterval(Duration.ofHours(1)))) {
            writer.gapBegin(1, GapReason.START);
            writer.gapEnd(1);
            Histories.commit(writer);
            meta.choose(FaultyVolume.Fault.HANG, 1);
            writer.zero(2, 0, 512);
            writer.commit();
            while (meta.hanging() == 0) {
                Thread.onSpinWait();
            }
            long before = writer.statistics().commits();
            for (int i = 0; i < 20; i++) {
                writer.zero(3, 0, 512);
                writer.commit();
            }
            while (writer.statistics().blocksBehind() > 0) {
                Thread.onSpinWait();
            }
            meta.choose(FaultyVolume.Fault.NONE, 0);
            assertThat(writer.awaitDurable(writer.position(), Duration.ofSeconds(30)))
                    .isTrue();
            assertThat(writer.statistics().commits()).isEqualTo(before + 2);
        }
    }
}
