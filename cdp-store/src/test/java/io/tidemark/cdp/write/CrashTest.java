// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CrashTest {
    private static final int DISK = 1 << 20;

    @Test
    void aCrashLeavesAPrefixWithAllThatWasDurable() {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("crash seed " + seed);
        var random = new Random(seed);
        var scratch = new byte[DISK];
        for (int round = 0; round < 20; round++) {
            var model = new Model(DISK, 400 << 10, random);
            var history = Histories.inMemory(DISK);
            var writer =
                    Histories.writer(history, Histories.SMALL.withCommitInterval(Duration.ofMillis(random.nextInt(3))));
            for (int i = random.nextInt(300); i >= 0; i--) {
                model.step(writer);
            }
            long durable = writer.durable();
            // Records first: content that they name was synced before them.
            var meta = Histories.meta(history).crashed(random);
            var data = Histories.data(history).crashed(random);
            writer.close();

            var crashed = Histories.with(history, data, meta);
            long found = check(crashed, model, durable, scratch);
            assertThat(Verify.run(crashed, false, (done, total) -> {}).isDamaged())
                    .as("seed %s", seed)
                    .isFalse();
            try (var next = Histories.writer(crashed)) {
                assertThat(next.position()).isEqualTo(found);
                assertThat(next.followsCleanEnd()).isEqualTo(found == 0);
                next.gapBegin(model.time, GapReason.RESTART);
                next.syncData(next.position(), 0, MemorySegment.ofArray(model.disk));
                next.gapEnd(model.time + 1);
            }
            try (var reader = HistoryReader.open(crashed, false);
                    var view = reader.view(reader.resolve(new Point.Latest()))) {
                assertThat(Model.checksum(view, scratch)).isEqualTo(model.checksum());
            }
            // What was written in vain stays where it is.
            assertThat(Verify.run(crashed, false, (done, total) -> {}).damage())
                    .as("seed %s", seed)
                    .allMatch(Damage::torn);
        }
    }

    private static long check(History crashed, Model model, long durable, byte[] scratch) {
        try (var reader = HistoryReader.open(crashed, false)) {
            assertThat(reader.position()).isBetween(durable, (long) model.states.size() - 1);
            if (reader.position() > 0) {
                try (var view = reader.view(reader.resolve(new Point.WriteNumber(reader.position())))) {
                    assertThat(Model.checksum(view, scratch)).isEqualTo(model.states.get((int) reader.position()));
                }
            }
            return reader.position();
        }
    }
}
