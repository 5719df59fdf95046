// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.volume.CrashingPlace;
import io.tidemark.cdp.volume.FaultyVolume;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The process dies between any two changes that the keeper makes, unsynced bytes torn or lost, while it makes layers, thins, folds,
 * packs and deletes: whoever comes next, a reader or a writer, finds all that is promised, and nothing is left over for long.
 */
class KeeperCrashTest {
    private static final int DISK = 256 << 10;

    /** How many of the places where it can die are tried; all of them if there are fewer. */
    private static final int CRASHES = Integer.getInteger("tidemark.crashes", 80);

    private static final long EXACT = 100_000;
    private static final RetentionRules RULES = new RetentionRules(List.of(
            new RetentionRule(EXACT, RetentionRule.EVERY_WRITE),
            new RetentionRule(300_000, 30_000),
            new RetentionRule(1_200_000, 200_000)));
    private static final WriterOptions TINY =
            Histories.SMALL.withSegments(128 << 10, 2 << 10).withCommitInterval(Duration.ZERO);

    private final long seed =
            Long.getLong("tidemark.seed", ThreadLocalRandom.current().nextLong());
    private final Random random = new Random(seed);
    private final Model model = new Model(DISK, 32 << 10, random);
    private final byte[] scratch = new byte[DISK];
    private final MemoryPlace store = new MemoryPlace();
    private final TreeMap<Long, Long> times = new TreeMap<>();
    /** By write number: all that the disk has been after it, and when it was written. */
    private final Map<Long, Set<Long>> numbers = new HashMap<>();

    private final Map<Long, Long> written = new HashMap<>();
    private long number;

    /** From here on, in write numbers, nothing has been deleted on request. */
    private long wanted;

    /** How many kept states were found without a catalogue. */
    private int foundAnew;

    private static History history(StorePlace place) {
        return new History("vda", new UUID(1, 2), DISK, place);
    }

    /** Writes, while no keeper gets anything done: what is to be done is left for the one that dies. */
    private void write(int changes) throws InterruptedException {
        var layers = new FaultyVolume(store.volume("layers"), seed);
        layers.choose(FaultyVolume.Fault.IO, 1);
        try (var writer = Histories.writer(history(store.copy(volume -> volume).with("layers", layers)), TINY)) {
            if (writer.position() == 0) {
                writer.gapBegin(model.time, GapReason.START);
                writer.syncZero(0, 0, DISK);
                writer.gapEnd(++model.time);
            }
            for (int i = 0; i < changes; i++) {
                if (random.nextInt(150) == 0) {
                    model.gap(writer, GapReason.OVERLOAD);
                } else {
                    model.step(writer);
                    written.put(writer.position(), model.time);
                }
                times.put(model.time, model.checksum());
                numbers.computeIfAbsent(writer.position(), _ -> new HashSet<>()).add(model.checksum());
                if (i % 8 == 0) {
                    writer.commit();
                    assertThat(writer.awaitDurable(writer.position(), Duration.ofMinutes(1)))
                            .isTrue();
                }
            }
            number = writer.position();
        }
    }

    private HistoryKeeping keeping(History history) throws IOException {
        var keeping = HistoryKeeping.open(history, () -> model.time, () -> Long.MAX_VALUE, () -> false, what -> {
            throw new AssertionError(what + ", seed " + seed);
        });
        keeping.makeLayers(Integer.parseInt(history.meta().list().getLast()) - 1);
        return keeping;
    }

    /** All that a keeper does; in the middle of it, what is older than half of the single writes is deleted on request. */
    private void keep(History history) throws IOException {
        var keeping = keeping(history);
        keeping.round(0);
        long before;
        try (var reader = HistoryReader.open(history, false)) {
            long first = reader.catalogue().log().getFirst().before();
            long middle = first + (number - first) / 2;
            while (model.states.get((int) middle) == null) {
                middle++;
            }
            before = reader.resolve(new Point.WriteNumber(middle)).records();
            wanted = middle;
        }
        keeping.round(before);
    }

    @Test
    @Timeout(120)
    void whereverItDiesNothingThatIsPromisedIsLost() throws Exception {
        System.out.println("keeper crash seed " + seed + " (-Dtidemark.seed=" + seed + " repeats it)");
        store.make("data", "meta", "packed", "layers");
        write(300);
        var first = keeping(history(store));
        first.retain(new Retention(RULES, OptionalLong.empty()));
        first.round(0);
        write(300);
        var all = new CrashingPlace.Countdown(Integer.MAX_VALUE);
        keep(history(new CrashingPlace(store.copy(volume -> ((MemoryVolume) volume).killed()), all)));
        var crashes = new ArrayList<Integer>();
        for (int i = 0; i < all.done(); i++) {
            crashes.add(i);
        }
        Collections.shuffle(crashes, random);
        for (int crash : crashes.subList(0, Math.min(CRASHES, crashes.size()))) {
            crash(crash, "dies before change " + crash + " of " + all.done() + ", seed " + seed);
        }
        assertThat(foundAnew).isGreaterThan(CRASHES);
        System.out.println("keeper crashes: " + Math.min(CRASHES, crashes.size()) + " of " + all.done());
    }

    private void crash(int change, String what) throws Exception {
        wanted = 0;
        var before = store.copy(volume -> ((MemoryVolume) volume).killed());
        var dying = new CrashingPlace(before, new CrashingPlace.Countdown(change));
        assertThatThrownBy(() -> keep(history(dying))).as(what).hasStackTraceContaining("the process has died");
        var place = before.copy(volume -> ((MemoryVolume) volume).crashed(random));
        var left = history(place);
        check(left, what);
        withoutCatalogue(place.copy(volume -> ((MemoryVolume) volume).killed()), what + ", without its catalogue");
        var disk = model.disk.clone();
        goOn(left, disk, what);
        keeping(left).round(0);
        check(left, what + ", later");
        try (var reader = HistoryReader.open(left, false);
                var view = reader.view(reader.resolve(new Point.Latest()))) {
            assertThat(Model.checksum(view, scratch)).as(what).isEqualTo(Model.checksum(disk));
        }
        nothingIsLeftOver(left, what);
        assertThat(Verify.run(left, false, (_, _) -> {}).damage().stream().filter(damage -> !damage.torn()))
                .as(what)
                .isEmpty();
    }

    /** Both copies are lost besides: what can be told of states is right all the same, before and behind the next keeper. */
    private void withoutCatalogue(MemoryPlace place, String what) throws IOException {
        for (var file : List.of(CatalogueFile.NAME, CatalogueFile.SPARE)) {
            if (place.has(file)) {
                place.delete(file);
            }
        }
        var history = history(place);
        states(history, what);
        keeping(history).round(0);
        states(history, what + ", kept on");
        assertThat(Verify.run(history, false, (_, _) -> {}).damage().stream().filter(damage -> !damage.torn()))
                .as(what)
                .isEmpty();
    }

    private void states(History history, String what) throws IOException {
        try (var reader = HistoryReader.open(history, false)) {
            for (var kept : reader.kept()) {
                foundAnew++;
                same(reader, new State(kept.number(), kept.time(), kept.records()), what);
            }
            same(reader, reader.resolve(new Point.WriteNumber(number)), what);
            for (int i = 0; i < 6; i++) {
                State state;
                try {
                    state = reader.resolve(new Point.WriteNumber(1 + random.nextLong(number)));
                } catch (StoreException e) {
                    assertThat(e.code()).as(what).isEqualTo(StoreException.Code.NOT_RESTORABLE);
                    continue;
                }
                same(reader, state, what);
            }
        }
    }

    /** A new writer goes on where the history ended. */
    private void goOn(History left, byte[] disk, String what) throws InterruptedException {
        try (var writer = Histories.writer(left, TINY)) {
            assertThat(writer.position()).as(what).isEqualTo(number);
            assertThat(writer.gapOpen()).as(what).isFalse();
            for (int i = 0; i < 40; i++) {
                disk[512 * i]++;
                writer.write(model.time, 512L * i, MemorySegment.ofArray(disk).asSlice(512L * i, 512));
            }
            writer.commit();
            assertThat(writer.awaitDurable(writer.position(), Duration.ofMinutes(1)))
                    .as(what)
                    .isTrue();
        }
    }

    private void check(History history, String what) throws IOException {
        namedFilesAreThere(history, what);
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.damage()).as(what).isEmpty();
            for (var kept : reader.kept()) {
                same(reader, new State(kept.number(), kept.time(), kept.records()), what);
            }
            for (int i = 0; i < 6; i++) {
                long one = Math.max(wanted, 1 + random.nextLong(number));
                if (written.getOrDefault(one, 0L) >= model.time - EXACT && model.states.get((int) one) != null) {
                    same(reader, reader.resolve(new Point.WriteNumber(one)), what);
                }
            }
            same(reader, reader.resolve(new Point.WriteNumber(number)), what);
            for (long moment : RULES.moments(model.time)) {
                if (wanted == 0 && times.floorKey(moment) != null) {
                    try (var view = reader.view(reader.resolve(new Point.Time(moment)))) {
                        assertThat(Model.checksum(view, scratch))
                                .as("moment %s, %s", moment, what)
                                .isEqualTo(times.floorEntry(moment).getValue());
                    }
                }
            }
        }
    }

    private void same(HistoryReader reader, State state, String what) {
        try (var view = reader.view(state)) {
            assertThat(Model.checksum(view, scratch))
                    .as("write %s, %s", state.number(), what)
                    .isIn(numbers.get(state.number()));
        }
    }

    private static void namedFilesAreThere(History history, String what) throws IOException {
        var catalogue = CatalogueFile.read(history).catalogue().orElseThrow();
        assertThat(history.layers().list())
                .as(what)
                .containsAll(catalogue.layers().stream()
                        .map(layer -> History.segmentName(layer.file()))
                        .toList());
        assertThat(history.packed().list()).as(what).containsAll(generations(catalogue.generations()));
        assertThat(history.meta().list())
                .as(what)
                .containsAll(catalogue.log().stream()
                        .map(segment -> History.segmentName(segment.segment()))
                        .toList());
        for (var need : Packing.needed(catalogue).entrySet()) {
            if (need.getValue() > 0 && catalogue.of(need.getKey()) == 0) {
                assertThat(history.data().list()).as(what).contains(History.segmentName(need.getKey()));
            }
        }
    }

    private static List<String> generations(Map<Integer, Integer> generations) {
        return generations.entrySet().stream()
                .map(each -> History.segmentName(each.getKey()) + "." + each.getValue())
                .toList();
    }

    private static void nothingIsLeftOver(History history, String what) throws IOException {
        var catalogue = CatalogueFile.read(history).catalogue().orElseThrow();
        assertThat(history.layers().list())
                .as(what)
                .containsExactlyInAnyOrderElementsOf(catalogue.layers().stream()
                        .map(layer -> History.segmentName(layer.file()))
                        .toList());
        assertThat(history.packed().list())
                .as(what)
                .containsExactlyInAnyOrderElementsOf(generations(catalogue.generations()));
        assertThat(history.meta().list().getFirst())
                .as(what)
                .isEqualTo(History.segmentName(catalogue.log().getFirst().segment()));
        assertThat(history.data().list().stream().map(Integer::parseInt))
                .as(what)
                .allMatch(segment -> segment >= catalogue.account().dataSegment() && catalogue.of(segment) == 0);
        assertThat(history.place().in("pins").files()).as(what).containsOnly("gate.lock");
    }
}
