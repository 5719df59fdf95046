// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.LayerEntry.Kind;
import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Log segments so small that there are many layers: every state is what a disk in memory was, whatever layers there are. */
class IndexOracleTest {
    private static final int DISK = 2 << 20;
    private static final int STEPS = Integer.getInteger("tidemark.steps", 1500);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Model model = new Model(DISK, 256 << 10, random);
    private final History history = Histories.inMemory(DISK);
    private final byte[] scratch = new byte[DISK];

    private void write(int steps) {
        System.out.println("index oracle seed " + seed + " (-Dtidemark.seed=" + seed + " repeats it)");
        for (int run = 0; run < 3; run++) {
            try (var writer = Histories.tinyWriter(history)) {
                model.gap(writer, run == 0 ? GapReason.START : GapReason.RESTART);
                for (int i = 0; i < steps / 3; i++) {
                    model.step(writer);
                    if (random.nextInt(12) == 0) {
                        Histories.commit(writer);
                    }
                    if (random.nextInt(80) == 0) {
                        slowGap(writer);
                    }
                }
            }
        }
    }

    /** A gap that reads what it reads over many log segments: it takes effect far below its place in the log. */
    private void slowGap(HistoryWriter writer) {
        model.gap(writer, GapReason.OVERLOAD, () -> {
            if (random.nextBoolean()) {
                Histories.commit(writer);
            }
        });
    }

    private Catalogue index() throws IOException {
        return index(Integer.parseInt(history.meta().list().getLast()) - 1);
    }

    private Catalogue index(int last) throws IOException {
        var file = CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
        file.removeUnnamed(_ -> false);
        var maker = new LayerMaker(history, file, () -> false);
        maker.forgetDamaged();
        boolean more = true;
        while (more) {
            more = maker.step(last);
        }
        return file.current();
    }

    private int check(int points, String what) {
        int refused = 0;
        try (var reader = HistoryReader.open(history, false)) {
            for (int i = 0; i < points; i++) {
                int number = random.nextInt(model.states.size());
                try (var view = reader.view(reader.resolve(new Point.WriteNumber(number)))) {
                    assertThat(Model.checksum(view, scratch))
                            .as("state at write %s, %s, seed %s", number, what, seed)
                            .isEqualTo(model.states.get(number));
                } catch (StoreException e) {
                    refused++;
                    assertThat(e.code())
                            .as("write %s, %s, seed %s: %s", number, what, seed, e.getMessage())
                            .isIn(
                                    StoreException.Code.NOT_RESTORABLE,
                                    StoreException.Code.DAMAGED,
                                    StoreException.Code.BEYOND);
                    assertThat(e.code() == StoreException.Code.DAMAGED
                                    || model.states.get(number) == null
                                    || number < reader.gaps().getFirst().to())
                            .as("write %s, %s, seed %s: %s", number, what, seed, e.getMessage())
                            .isTrue();
                }
            }
        }
        return refused;
    }

    @Test
    @Timeout(120)
    void everyStateIsThereThroughLayers() throws Exception {
        write(STEPS);
        check(60, "as the writers left it");
        var catalogue = index();
        assertThat(catalogue.log()).hasSizeGreaterThan(64);
        assertThat(catalogue.layers().stream().filter(layer -> layer.kind() == Kind.SPAN))
                .hasSizeGreaterThan(8);
        check(250, "with all layers");
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.damage()).isEmpty();
            assertThat(reader.checkData((_, _) -> {})).isEmpty();
            var summary = reader.summary();
            var view = reader.view(reader.end());
            assertThat(view.depth()).isLessThan(30);
            view.close();
            sameAsWithoutIndex(reader, summary.toString());
        }
    }

    /** What the log says alone is what the catalogue says. */
    private void sameAsWithoutIndex(HistoryReader indexed, String summary) {
        var place = history.place();
        var bare = Histories.with(history, history.data(), history.meta());
        try {
            bare.place().delete(CatalogueFile.NAME);
            bare.place().delete(CatalogueFile.SPARE);
            assertThat(place.has(CatalogueFile.NAME)).isTrue();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        try (var reader = HistoryReader.open(bare, false)) {
            assertThat(reader.catalogue()).isEqualTo(Catalogue.EMPTY);
            assertThat(reader.summary().toString()).as("seed %s", seed).isEqualTo(summary);
            assertThat(indexed.records()).isEqualTo(reader.records());
            for (int i = 0; i < 200; i++) {
                var point = switch (random.nextInt(4)) {
                    case 0 -> new Point.WriteNumber(random.nextInt(model.states.size()));
                    case 1 -> new Point.Mark(model.marks.get(random.nextInt(model.marks.size())));
                    case 2 -> new Point.Flush(new Point.Latest());
                    default -> new Point.Time(model.time - random.nextLong(3_000_000));
                };
                assertThat(resolved(indexed, point))
                        .as("%s, seed %s", point, seed)
                        .isEqualTo(resolved(reader, point));
            }
            assertThat(indexed.flushPoints(0, Long.MAX_VALUE, 50)).isEqualTo(reader.flushPoints(0, Long.MAX_VALUE, 50));
        }
    }

    private static String resolved(HistoryReader reader, Point point) {
        try {
            return reader.resolve(point).toString();
        } catch (StoreException e) {
            return e.getMessage();
        }
    }

    @Test
    @Timeout(120)
    void layersThatAreMissingOrWrongCostTimeNotContent() throws Exception {
        write(STEPS / 3);
        index();
        var layers = (MemoryVolume) history.layers();
        for (int round = 0; round < 40; round++) {
            var names = layers.list();
            for (int i = random.nextInt(4); i >= 0; i--) {
                var name = names.get(random.nextInt(names.size()));
                var content = layers.content(name);
                if (random.nextInt(4) > 0) {
                    content[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(8));
                    layers.replace(name, content);
                } else if (layers.list().contains(name)) {
                    layers.delete(name);
                    break;
                }
            }
            check(6, "with damaged layers, round " + round);
            try (var reader = HistoryReader.open(history, false)) {
                assertThat(reader.checkData((_, _) -> {})).as("seed %s", seed).isNotEmpty();
            }
            if (round % 5 == 4) {
                for (var name : layers.list()) {
                    if (random.nextBoolean()) {
                        layers.delete(name);
                    }
                }
                index();
                check(6, "with layers made anew, round " + round);
                rebuild();
            }
        }
    }

    /** Pages that are wrong aren't found at the start; who deletes the file has it made anew. */
    private void rebuild() throws IOException {
        for (var name : history.layers().list()) {
            history.layers().delete(name);
        }
        index();
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.checkData((_, _) -> {})).as("seed %s", seed).isEmpty();
        }
    }

    /** What a later segment has read may take effect below: layers that are missing there come first. */
    @Test
    @Timeout(120)
    void layersThatAreMissingBelowNewOnesAreMadeAnew() throws Exception {
        write(STEPS / 5);
        int last = Integer.parseInt(history.meta().list().getLast());
        int some = Math.max(1, last / 5);
        for (int part = some; part < last; part += some) {
            index(part);
            for (var name : history.layers().list()) {
                history.layers().delete(name);
            }
        }
        index();
        check(20, "with layers made anew");
    }

    @Test
    @Timeout(120)
    void aStoreThatFillsUpBetweenAnyTwoStepsLosesNothing() throws Exception {
        write(STEPS / 5);
        var layers = (MemoryVolume) history.layers();
        for (int round = 0; round < 30; round++) {
            var file = CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
            if (random.nextBoolean()) {
                file.removeUnnamed(_ -> false);
            }
            layers.limitSpace(random.nextInt(40_000));
            try {
                var maker = new LayerMaker(history, file, () -> false);
                boolean more = true;
                while (more) {
                    more = maker.step(Integer.parseInt(history.meta().list().getLast()) - 1);
                }
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("No space left");
            }
            layers.limitSpace(Long.MAX_VALUE);
            check(5, "after a failure");
        }
        index();
        check(20, "after failures");
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.checkData((_, _) -> {})).as("seed %s", seed).isEmpty();
            assertThat(history.layers().list()).hasSameSizeAs(reader.catalogue().layers());
        }
    }

    @Test
    @Timeout(60)
    void aTornCatalogueIsMadeGoodByTheSpareOneAndTwoByTheLog() throws Exception {
        write(STEPS / 5);
        index();
        var place = history.place();
        byte[] good = place.read(CatalogueFile.NAME);
        for (int round = 0; round < 10; round++) {
            byte[] torn = Arrays.copyOf(good, random.nextInt(good.length));
            place.replace(CatalogueFile.NAME, torn);
            check(4, "with the spare catalogue");
            try (var reader = HistoryReader.open(history, false)) {
                assertThat(reader.damage()).hasSize(1).noneMatch(Damage::torn);
                assertThat(reader.catalogue().layers()).isNotEmpty();
            }
        }
        place.replace(CatalogueFile.SPARE, "nothing".getBytes(StandardCharsets.UTF_8));
        check(10, "without a catalogue");
        index();
        check(10, "with a catalogue made anew");
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.damage()).isEmpty();
            assertThat(reader.catalogue().layers()).isNotEmpty();
        }
    }

    @Test
    @Timeout(60)
    void aWriterNeverGoesBackBehindWhatHasLayers() throws Exception {
        write(STEPS / 5);
        var catalogue = index();
        var names = history.meta().list();
        for (var name : names.subList(names.size() / 2, names.size())) {
            history.meta().delete(name);
        }
        long position = catalogue.account().position();
        try (var writer = Histories.tinyWriter(history)) {
            assertThat(writer.position()).isEqualTo(position);
            assertThat(writer.followsCleanEnd()).isFalse();
            writer.zero(model.time + 5, 0, 512);
        }
        assertThat(history.meta().list().getLast()).isGreaterThan(History.segmentName(catalogue.lastSegment()));
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.position()).isEqualTo(position + 1);
            assertThat(reader.checkData((_, _) -> {})).isNotEmpty();
        }
    }

    @Test
    @Timeout(60)
    void aHistoryWithoutAnIndexGetsOneFromItsNextWriter() throws Exception {
        write(STEPS / 5);
        for (var name : history.place().files()) {
            history.place().delete(name);
        }
        for (var name : history.layers().list()) {
            history.layers().delete(name);
        }
        check(10, "without an index");
        int complete = Integer.parseInt(history.meta().list().getLast()) - 1;
        try (var writer = Histories.tinyWriter(history)) {
            assertThat(writer.gapOpen()).isFalse();
            while (CatalogueFile.read(history)
                            .catalogue()
                            .orElse(Catalogue.EMPTY)
                            .lastSegment()
                    < complete) {
                Thread.onSpinWait();
            }
            check(10, "beside a writer");
        }
    }
}
