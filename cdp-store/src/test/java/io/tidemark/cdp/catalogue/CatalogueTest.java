// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.catalogue.LayerEntry.Kind;
import io.tidemark.cdp.catalogue.LayerEntry.Need;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CatalogueTest {
    private final io.tidemark.cdp.History history = Histories.inMemory(1 << 20);

    private static LayerEntry layer(int file, Kind kind, long from, long to) {
        return new LayerEntry(file, kind, from, to, to, to, 1, 1000, List.of(new Need(1, 512), new Need(3, 4096)));
    }

    private static Catalogue example() {
        var account = new LogAccount(
                130,
                7,
                90,
                5000,
                1000,
                80,
                1 << 20,
                1 << 19,
                Collections.nCopies(12, 3L),
                List.of(new Gap("start", 0, 0, 1000, 2000, 0, 5, false)),
                Optional.of(new Gap("damage", 80, -1, 3000, -1, 100, Long.MAX_VALUE, true)),
                true,
                false,
                true,
                List.of(new MarkEntry("vor dem Umzug ü", 3, 2000, 8)),
                3,
                40);
        return new Catalogue(
                0,
                9,
                List.of(
                        new LogSegment(4, 100, 20, 0, 80, 85, 3000, 4000, 5, 6, 2000),
                        new LogSegment(5, 120, 10, 1, 86, 90, 4000, 5000, 6, 7, 3000)),
                List.of(
                        layer(8, Kind.FINE, 120, 130),
                        layer(2, Kind.FINE, 100, 120),
                        layer(3, Kind.COARSE, 50, 100),
                        layer(1, Kind.BASE, 0, 50),
                        layer(5, Kind.SPAN, 90, 130)),
                Map.of(1, 2, 3, 1),
                List.of(new KeptState(10, 1000, 1100, 50), new KeptState(80, 2000, 2100, 100)),
                account);
    }

    @Test
    void isWhatWasPublishedAndCountsHowOften() throws Exception {
        var file = CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
        assertThat(file.current()).isEqualTo(Catalogue.EMPTY);
        file.publish(example());
        assertThat(CatalogueFile.read(history).catalogue()).contains(file.current());
        assertThat(file.current()).isEqualTo(example().replaced());
        file.publish(file.current().withGeneration(2, 1));
        var read = CatalogueFile.read(history);
        assertThat(read.catalogue().orElseThrow().of(2)).isEqualTo(1);
        assertThat(read.catalogue().orElseThrow().version()).isEqualTo(2);
        assertThat(read.faults()).isEmpty();
    }

    @Test
    void aWrongByteIsFoundAndTheSpareOneIsTaken() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        var random = new Random(seed);
        var file = CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
        file.publish(example());
        var place = history.place();
        byte[] good = place.read(CatalogueFile.NAME);
        for (int at = 0; at < good.length; at++) {
            var bad = good.clone();
            bad[at] ^= (byte) (1 << random.nextInt(8));
            place.replace(CatalogueFile.NAME, bad);
            var found = CatalogueFile.read(history);
            assertThat(found.faults()).as("byte %s, seed %s", at, seed).hasSize(1);
            assertThat(found.catalogue()).contains(file.current());
        }
        place.replace(CatalogueFile.SPARE, new byte[100]);
        assertThat(CatalogueFile.read(history).catalogue()).isEmpty();
        assertThat(CatalogueFile.read(history).faults()).hasSize(2);
    }

    @Test
    void theSpareOneCountsIfTheOtherIsGone() throws Exception {
        var file = CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
        file.publish(example());
        history.place().delete(CatalogueFile.NAME);
        var found = CatalogueFile.read(history);
        assertThat(found.catalogue()).contains(file.current());
        assertThat(found.faults()).hasSize(1);
        assertThat(CatalogueFile.open(history, CatalogueFile.read(history).catalogue())
                        .current())
                .isEqualTo(file.current());
        assertThat(CatalogueFile.read(history).faults()).isEmpty();
    }

    @Test
    void aSpareOneThatACrashHasLeftBehindIsMadeNewFirst() throws Exception {
        var file = CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
        file.publish(example());
        byte[] older = history.place().read(CatalogueFile.SPARE);
        file.publish(file.current().withGeneration(2, 1));
        history.place().replace(CatalogueFile.SPARE, older);
        CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
        history.place().replace(CatalogueFile.NAME, new byte[100]);
        assertThat(CatalogueFile.read(history).catalogue()).contains(file.current());
    }

    @Test
    void aChainIsShortAndReachesDownWhateverIsMissing() {
        var catalogue = example();
        assertThat(files(catalogue, 130)).containsExactly(5, 3, 1);
        assertThat(files(catalogue, 120)).containsExactly(2, 3, 1);
        assertThat(files(catalogue, 100)).containsExactly(3, 1);
        assertThat(files(catalogue, 0)).isEmpty();
        assertThat(files(catalogue, 125)).containsExactly(0, 2, 3, 1);
        assertThat(files(catalogue, 130, 5)).containsExactly(8, 2, 3, 1);
        assertThat(files(catalogue, 130, 5, 2)).containsExactly(8, 0, 3, 1);
        assertThat(files(catalogue, 50, 1)).containsExactly(0);
    }

    private static List<Integer> files(Catalogue catalogue, long to, Integer... without) {
        return catalogue.chain(to, file -> !List.of(without).contains(file)).stream()
                .map(piece -> piece.layer() == null ? 0 : piece.layer().file())
                .toList();
    }

    @Test
    void filesThatNobodyNamesAreRemovedButNotThoseOfALostCatalogue() throws Exception {
        for (var name : List.of("00000001", "00000002", "00000007")) {
            history.layers().create(name).close();
        }
        history.packed().create("00000001.1").close();
        history.packed().create("00000001.2").close();
        var file = CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
        assertThat(file.current().nextLayer()).isEqualTo(8);
        file.removeUnnamed(_ -> false);
        assertThat(history.layers().list()).hasSize(3);
        file.publish(example());
        file.removeUnnamed(_ -> false);
        assertThat(history.layers().list()).containsExactly("00000001", "00000002");
        assertThat(history.packed().list()).containsExactly("00000001.2");
    }
}
