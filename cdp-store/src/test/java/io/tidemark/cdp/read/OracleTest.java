// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random runs against a disk in memory, restored at hundreds of random write numbers. */
class OracleTest {
    private static final int DISK = 16 << 20;

    @Test
    void restoresEveryStateThatWasAskedFor() {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("oracle seed " + seed + " (-Dtidemark.seed=" + seed + " repeats it)");
        var random = new Random(seed);
        var model = new Model(DISK, 1 << 20, random);
        var history = Histories.inMemory(DISK);
        for (int run = 0; run < 3; run++) {
            try (var writer = Histories.writer(history)) {
                model.gap(writer, run == 0 ? GapReason.START : GapReason.RESTART);
                for (int i = 0; i < 500; i++) {
                    model.step(writer);
                    if (random.nextInt(100) == 0) {
                        model.gap(writer, GapReason.OVERLOAD);
                    }
                }
            }
        }
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.damage()).isEmpty();
            assertThat(reader.checkData((done, total) -> {})).isEmpty();
            assertThat(reader.position()).isEqualTo(model.states.size() - 1);
            var scratch = new byte[DISK];
            int restored = 0;
            while (restored < 300) {
                int number = random.nextInt(model.states.size());
                var expected = model.states.get(number);
                var point = new Point.WriteNumber(number);
                if (expected == null || number < firstExact(reader)) {
                    assertThatThrownBy(() -> reader.resolve(point)).isInstanceOf(StoreException.class);
                    continue;
                }
                try (var view = reader.view(reader.resolve(point))) {
                    assertThat(Model.checksum(view, scratch))
                            .as("state at write %s, seed %s", number, seed)
                            .isEqualTo(expected);
                }
                restored++;
            }
            for (var mark : model.marks) {
                var state = reader.resolve(new Point.Mark(mark));
                assertThat("mark-" + state.number()).isEqualTo(mark);
            }
        }
    }

    private static long firstExact(HistoryReader reader) {
        return reader.gaps().getFirst().to();
    }
}
