// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.LayerEntry.Kind;
import io.tidemark.cdp.keep.HistoryKeeping;
import io.tidemark.cdp.keep.Keeper;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.keep.RetentionRule;
import io.tidemark.cdp.keep.RetentionRules;
import io.tidemark.cdp.volume.MemoryVolume;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is left of a history whose log is gone can't be had anew: any flipped bit in it is found, and told. */
class ThinnedDamageTest {
    private static final int DISK = 1 << 20;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Model model = new Model(DISK, 64 << 10, random);
    private final History history = Histories.inMemory(DISK);

    private HistoryKeeping keeping() throws IOException {
        return HistoryKeeping.open(history, () -> model.time, () -> Long.MAX_VALUE, () -> false, what -> {
            throw new AssertionError(what);
        });
    }

    @BeforeEach
    void thin() throws IOException {
        System.out.println("thinned damage seed " + seed);
        try (var writer = Histories.writer(history)) {
            for (int i = 0; i < 2500; i++) {
                model.step(writer);
            }
        }
        var keeping = keeping();
        keeping.makeLayers(Integer.MAX_VALUE - 1);
        keeping.retain(new Retention(
                new RetentionRules(List.of(
                        new RetentionRule(200_000, RetentionRule.EVERY_WRITE), new RetentionRule(1_000_000, 200_000))),
                OptionalLong.empty()));
        assertThat(keeping.round(0).putOff()).isEmpty();
        assertThat(keeping.lost()).isEmpty();
        assertThat(history.packed().list()).isNotEmpty();
        assertThat(Verify.run(history, false, (_, _) -> {}).isDamaged()).isFalse();
    }

    private void flipped(MemoryVolume volume, String name, Runnable check) {
        var good = volume.content(name);
        var bad = good.clone();
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
        volume.replace(name, bad);
        check.run();
        volume.replace(name, good);
    }

    private void isFound(String what) {
        assertThat(Verify.run(history, false, (_, _) -> {}).isDamaged())
                .as("%s, seed %s", what, seed)
                .isTrue();
    }

    @Test
    void aFlippedBitInOldContentIsFound() throws IOException {
        long first = CatalogueFile.read(history).catalogue().orElseThrow().singles();
        var catalogue = CatalogueFile.read(history).catalogue().orElseThrow();
        for (var name : history.packed().list()) {
            int segment = Integer.parseInt(name.substring(0, 8));
            boolean old = catalogue.layers().stream()
                    .filter(layer -> layer.from() < first)
                    .anyMatch(layer -> layer.needed().stream().anyMatch(need -> need.segment() == segment));
            for (int round = 0; old && round < 10; round++) {
                flipped((MemoryVolume) history.packed(), name, () -> isFound(name));
            }
        }
    }

    @Test
    void aLayerThatNothingCanMakeAnewIsTold() throws IOException {
        var catalogue = CatalogueFile.read(history).catalogue().orElseThrow();
        for (var layer : catalogue.layers()) {
            if (layer.kind() == Kind.BASE || layer.kind() == Kind.COARSE) {
                var name = History.segmentName(layer.file());
                var volume = (MemoryVolume) history.layers();
                flipped(volume, name, () -> isFound(name));
                var good = volume.content(name);
                volume.replace(name, new byte[100]);
                assertThat(keeping().lost().orElseThrow()).hasMessageContaining(name);
                try (var keeper = new Keeper(history, 0, () -> model.time, 0)) {
                    keeper.retention();
                    assertThat(keeper.failure().orElseThrow()).hasMessageContaining(name);
                }
                volume.replace(name, good);
                assertThat(keeping().lost()).isEmpty();
            }
        }
    }
}
