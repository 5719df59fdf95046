// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.keep.LockedMark;
import io.tidemark.cdp.keep.RetentionFile;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Orders for a history while it is written. */
class HistoryKeeperTest {
    private static final long DISK = 1 << 20;

    @TempDir
    Path folder;

    /** Who has set a mark may have it locked at once: that of an earlier write by the same name isn't meant. */
    @Test
    @Timeout(60)
    void aMarkThatIsOnItsWayToTheStoreCanBeLocked() throws Exception {
        var options = WriterOptions.DEFAULT.withCommitInterval(Duration.ZERO);
        var store = Store.openOrCreate(folder);
        try (var writer = store.write("vda", DISK, options)) {
            long now = Micros.of(Instant.now());
            writer.gapBegin(now, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(now);
            writer.mark(now, "ready");
            writer.commit();
            writer.zero(now, 0, 4096);
            writer.mark(now, "ready");
            var history = store.history("vda");
            var keeper = new HistoryKeeper(history, writer.keeper().orElseThrow(), Optional.of(writer));
            var locking = new FutureTask<>(() -> keeper.lock("ready", true), true);
            var asking = Thread.ofPlatform().start(locking);
            while (!locking.isDone() && asking.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            writer.commit();
            assertThat(locking.get()).isTrue();
            assertThat(RetentionFile.read(history.place()).locked()).containsExactly(new LockedMark("ready", 1));
        }
    }
}
