// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.volume.MemoryVolume;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Any byte of a store may be wrong: it is found, and no wrong content is ever given. */
class DamageTest {
    private static final int DISK = 256 << 10;

    @Test
    void aWrongByteIsFoundAndNeverBelieved() {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("damage seed " + seed);
        var random = new Random(seed);
        var model = new Model(DISK, 64 << 10, random);
        var history = Histories.inMemory(DISK);
        for (int run = 0; run < 3; run++) {
            try (var writer = Histories.writer(history)) {
                for (int i = 0; i < 200; i++) {
                    model.step(writer);
                }
            }
        }
        assertThat(Verify.run(history, false, (done, total) -> {}).damage()).isEmpty();
        for (int round = 0; round < 150; round++) {
            var volume = random.nextInt(3) == 0 ? Histories.data(history) : Histories.meta(history);
            var name = volume.list().get(random.nextInt(volume.list().size()));
            var good = volume.content(name);
            var bad = good.clone();
            int at = random.nextInt(bad.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            volume.replace(name, bad);
            check(history, model, random, volume, seed + " round " + round + " " + name + "@" + at);
            volume.replace(name, good);
        }
    }

    private static void check(History history, Model model, Random random, MemoryVolume volume, String what) {
        var report = Verify.run(history, false, (done, total) -> {});
        assertThat(report.damage()).as(what).isNotEmpty();
        // Only the last metadata batch, the clean end, may look as if it had been torn.
        assertThat(report.isDamaged() || volume == history.meta()).as(what).isTrue();
        var scratch = new byte[DISK];
        try (var reader = HistoryReader.open(history, false)) {
            for (int i = 0; i < 5; i++) {
                int number = random.nextInt(model.states.size());
                try (var view = reader.view(reader.resolve(new Point.WriteNumber(number)))) {
                    assertThat(Model.checksum(view, scratch)).as(what).isEqualTo(model.states.get(number));
                } catch (StoreException e) {
                    assertThat(e.code())
                            .as(what)
                            .isIn(
                                    StoreException.Code.DAMAGED,
                                    StoreException.Code.NOT_RESTORABLE,
                                    StoreException.Code.BEYOND);
                }
            }
        } catch (StoreException e) {
            assertThat(e.code()).isEqualTo(StoreException.Code.UNSUPPORTED);
        }
    }
}
