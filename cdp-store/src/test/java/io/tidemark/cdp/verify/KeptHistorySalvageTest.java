// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Export;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StateExport;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.WritingWorld;
import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StoreVolume;
import io.tidemark.disk.Extent;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Histories with layers, thinned, folded into a base and packed: exported, and salvaged with any part of them damaged. */
class KeptHistorySalvageTest {
    private static final int DISK = WritingWorld.DISK;
    private static final String[] VOLUMES = {"data", "meta", "packed", "layers"};

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final WritingWorld world = new WritingWorld(random);
    private final MemoryPlace place = new MemoryPlace();
    private final Store store = Store.openOrCreate(place);

    private void record() {
        world.write(() -> store.write("vda", DISK, WritingWorld.OPTIONS), 150, _ -> true);
        world.write(() -> store.write("vda", DISK, WritingWorld.OPTIONS), 25, _ -> true);
        try (var reader = store.read("vda")) {
            assertThat(reader.kept()).as("thinned").isNotEmpty();
        }
        var home = place.in("disks").in("vda");
        assertThat(((MemoryVolume) home.volume("packed")).list()).as("packed").isNotEmpty();
    }

    @Test
    void theCopyHasEveryPoint() {
        record();
        var copy = Store.openOrCreate(new MemoryPlace());
        Export.run(store, "vda", copy, (_, _) -> {});
        var points = points(copy.history("vda"));
        assertThat(points).isEqualTo(points(store.history("vda")));
        points.forEach((number, checksum) ->
                assertThat(checksum).as("seed %d, write %d", seed, number).isEqualTo(world.checksum(number)));
        // It goes on where the original was.
        world.write(() -> copy.write("vda", DISK, WritingWorld.OPTIONS), 20, _ -> true);
        assertThat(Verify.run(copy, (_, _) -> {}).isDamaged()).isFalse();
    }

    @Test
    void oneStateIsTheBeginningOfAHistory() throws IOException {
        record();
        var points = points(store.history("vda"));
        for (int number : List.of(points.firstKey(), points.lastKey())) {
            var copy = Store.openOrCreate(new MemoryPlace());
            var report = StateExport.run(store, "vda", new Point.WriteNumber(number), copy, (_, _) -> {});
            assertThat(report.state().number()).isEqualTo(number);
            assertThat(copy.history("vda").id())
                    .isNotEqualTo(store.history("vda").id());
            try (var reader = copy.read("vda");
                    var view =
                            reader.view(reader.resolve(Point.parse("mark:export of write:" + number, Instant.now())))) {
                assertThat(WritingWorld.checksum(view)).isEqualTo(points.get(number));
            }
            assertThatThrownBy(() -> StateExport.run(store, "vda", new Point.Latest(), copy, (_, _) -> {}))
                    .hasMessageContaining("has a history of disk vda already");
        }
        assertThat(place.in("disks").in("vda").in("pins").files())
                .as("nothing is held any more")
                .allMatch(name -> name.startsWith("gate"));
    }

    /** What an interrupted copy has left is no state; it is copied again. */
    @Test
    void aStateThatWasCopiedInPartIsCopiedAgain() throws IOException {
        record();
        var copy = Store.openOrCreate(new MemoryPlace());
        try (var writer = copy.write("vda", DISK)) {
            writer.gapBegin(1, GapReason.START);
            writer.syncData(0, 512, filled());
        }
        int number = points(store.history("vda")).lastKey();
        StateExport.run(store, "vda", new Point.WriteNumber(number), copy, (_, _) -> {});
        try (var reader = copy.read("vda");
                var view = reader.view(reader.resolve(new Point.Latest()))) {
            assertThat(WritingWorld.checksum(view)).isEqualTo(world.checksum(number));
        }
    }

    /** One with writes is somebody's history, in whatever state it is. */
    @Test
    void aHistoryWithWritesIsNeverTakenForACopy() {
        record();
        var copy = Store.openOrCreate(new MemoryPlace());
        try (var writer = copy.write("vda", DISK)) {
            writer.gapBegin(1, GapReason.START);
            writer.write(2, 0, filled());
        }
        assertThatThrownBy(() -> StateExport.run(store, "vda", new Point.Latest(), copy, (_, _) -> {}))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(Code.IN_USE))
                .hasMessageContaining("has a history of disk vda already");
    }

    private static MemorySegment filled() {
        var sector = new byte[512];
        Arrays.fill(sector, (byte) 7);
        return MemorySegment.ofArray(sector);
    }

    /** By write number, the checksum of the disk at each point that there is. */
    private static TreeMap<Integer, Long> points(History history) {
        var found = new TreeMap<Integer, Long>();
        try (var salvage = Salvage.open(history, false)) {
            for (var interval : salvage.points()) {
                for (long number = interval.from(); number <= interval.to(); number++) {
                    at(salvage, (int) number).ifPresent(point -> {
                        var disk = new byte[DISK];
                        salvage.read(point, MemorySegment.ofArray(disk));
                        found.put((int) point.state().number(), Model.checksum(disk));
                    });
                }
            }
        }
        return found;
    }

    private static Optional<Salvage.AtPoint> at(Salvage salvage, int number) {
        try {
            return Optional.of(salvage.at(new Point.WriteNumber(number)));
        } catch (StoreException e) {
            assertThat(e.code()).isIn(Code.NOT_RESTORABLE, Code.BEYOND, Code.DAMAGED);
            return Optional.empty();
        }
    }

    @Test
    void whatIsNotNamedIsThere() throws IOException {
        System.out.println("salvage of kept histories, seed " + seed + " (-Dtidemark.seed=" + seed + " repeats it)");
        record();
        var whole = points(store.history("vda"));
        int same = 0;
        int lost = 0;
        for (int round = 0; round < Integer.getInteger("tidemark.salvage.rounds", 30); round++) {
            var damaged = place.copy(KeptHistorySalvageTest::copied);
            var what = "seed " + seed + " round " + round + ": "
                    + harm(damaged.in("disks").in("vda"));
            try (var salvage = Salvage.open(Store.open(damaged).history("vda"), false)) {
                boolean told = !salvage.damage((_, _) -> {}).isEmpty();
                for (int number : whole.keySet()) {
                    var point = at(salvage, number);
                    boolean all = point.isPresent() && point.get().lost().isEmpty();
                    point.ifPresent(found -> isAsItWas(salvage, found, number, what));
                    // An end that is cut off cleanly can't be told from one that was never written.
                    boolean beyond = !salvage.points().isEmpty()
                            && number > salvage.points().getLast().to();
                    assertThat(all || told || beyond)
                            .as(what + ", write " + number + " is lost, and nothing told")
                            .isTrue();
                    same += all ? 1 : 0;
                    lost += all ? 0 : 1;
                }
            }
        }
        System.out.println("salvage of kept histories: " + same + " points whole, " + lost + " not");
        assertThat(lost).isPositive();
        assertThat(same).isGreaterThan(lost);
    }

    /** Both copies. @return where the history lies */
    private StorePlace loseCatalogue() throws IOException {
        var home = place.in("disks").in("vda");
        home.delete("catalogue");
        home.delete("catalogue-spare");
        return home;
    }

    /** Both copies of the catalogue lost: the layers say which states there are, and the history goes on. */
    @Test
    void aCatalogueIsMadeAnewFromTheLayers() throws IOException {
        System.out.println("seed " + seed);
        record();
        var whole = points(store.history("vda"));
        loseCatalogue();
        assertThat(Verify.run(store, (_, _) -> {}).isDamaged()).isTrue();
        assertThat(points(store.history("vda"))).isEqualTo(whole);
        world.write(() -> store.write("vda", DISK, WritingWorld.OPTIONS), 25, _ -> true);
        assertThat(Verify.run(store, (_, _) -> {}).isDamaged()).isFalse();
        points(store.history("vda"))
                .forEach((number, checksum) -> assertThat(checksum)
                        .as("seed %d, write %d", seed, number)
                        .isEqualTo(world.checksum(number)));
    }

    /** The catalogue is lost, and so is all of the log: what has been thinned is there. */
    @Test
    void withoutALogTheLayersSayWhatWasKept() throws IOException {
        System.out.println("seed " + seed);
        record();
        var whole = points(store.history("vda"));
        var home = loseCatalogue();
        var meta = (MemoryVolume) home.volume("meta");
        for (var segment : meta.list()) {
            meta.delete(segment);
        }
        var left = points(store.history("vda"));
        assertThat(left).isNotEmpty();
        assertThat(whole).containsAllEntriesOf(left);
    }

    /** Two writers that never came to a header: behind the end, whatever else is lost, they are nothing. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void filesWithoutAHeaderBehindTheEndAreNoDamage(boolean catalogueLost) throws IOException {
        System.out.println("seed " + seed);
        record();
        var whole = points(store.history("vda"));
        var home = place.in("disks").in("vda");
        var meta = (MemoryVolume) home.volume("meta");
        int last = Integer.parseInt(meta.list().getLast());
        meta.replace(History.segmentName(last + 1), new byte[0]);
        meta.replace(History.segmentName(last + 2), new byte[20]);
        if (catalogueLost) {
            home.delete("catalogue");
            home.delete("catalogue-spare");
        }
        assertThat(Verify.run(store.history("vda"), false, (_, _) -> {}).damage())
                .filteredOn(damage -> !damage.segment().contains("catalogue"))
                .isNotEmpty()
                .allMatch(Damage::torn);
        assertThat(points(store.history("vda"))).isEqualTo(whole);
        world.write(() -> store.write("vda", DISK, WritingWorld.OPTIONS), 25, _ -> true);
        assertThat(Verify.run(store.history("vda"), false, (_, _) -> {}).damage())
                .allMatch(Damage::torn);
        points(store.history("vda"))
                .forEach((number, checksum) -> assertThat(checksum)
                        .as("seed %d, write %d", seed, number)
                        .isEqualTo(world.checksum(number)));
    }

    /** What isn't lost is as it was, what is lost reads as zeros. */
    private void isAsItWas(Salvage salvage, Salvage.AtPoint found, int number, String what) {
        var read = new byte[DISK];
        salvage.read(found, MemorySegment.ofArray(read));
        var expected = world.state((int) found.state().number()).clone();
        for (Extent extent : found.lost()) {
            Arrays.fill(expected, (int) extent.offset(), (int) extent.end(), (byte) 0);
        }
        assertThat(Arrays.mismatch(read, expected))
                .as(what + ", write " + number + ", lost " + found.lost())
                .isEqualTo(-1);
    }

    /** The catalogue and its spare copy, or segments of one volume. */
    private String harm(MemoryPlace home) throws IOException {
        if (random.nextInt(5) == 0) {
            var names =
                    random.nextInt(3) > 0 ? new String[] {"catalogue"} : new String[] {"catalogue", "catalogue-spare"};
            for (var name : names) {
                var content = home.read(name);
                content[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(8));
                home.replace(name, content);
            }
            return String.join(" and ", names);
        }
        var name = VOLUMES[random.nextInt(VOLUMES.length)];
        var volume = (MemoryVolume) home.volume(name);
        var segments = volume.list();
        if (segments.isEmpty()) {
            return "nothing";
        }
        var segment = segments.get(random.nextInt(segments.size()));
        var content = volume.content(segment);
        int at = random.nextInt(Math.max(1, content.length));
        switch (random.nextInt(4)) {
            case 0 -> volume.delete(segment);
            case 1 -> volume.replace(segment, Arrays.copyOf(content, at));
            default -> {
                if (content.length > 0) {
                    content[at] ^= (byte) (1 << random.nextInt(8));
                }
                volume.replace(segment, content);
            }
        }
        return name + "/" + segment + "@" + at;
    }

    private static MemoryVolume copied(StoreVolume volume) {
        var copy = new MemoryVolume();
        var from = (MemoryVolume) volume;
        for (var name : from.list()) {
            copy.replace(name, from.content(name));
        }
        return copy;
    }
}
