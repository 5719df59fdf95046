// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.MarkEntry;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.volume.FaultyVolume;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Orders that come in the middle of a round: they are carried out there, and the round goes on by them. */
class KeeperOrdersTest {
    private static final int DISK = 256 << 10;
    /** How many of the places between two steps are tried; all of them if there are fewer. */
    private static final int PLACES = Integer.getInteger("tidemark.places", 60);

    /** All that the model writes is older than that. */
    private static final Retention LITTLE = new Retention(
            new RetentionRules(List.of(new RetentionRule(3_600_000_000L, RetentionRule.EVERY_WRITE))),
            OptionalLong.empty());

    private static final WriterOptions TINY =
            Histories.SMALL.withSegments(128 << 10, 2 << 10).withCommitInterval(Duration.ZERO);

    private final long seed =
            Long.getLong("tidemark.seed", ThreadLocalRandom.current().nextLong());
    private final Random random = new Random(seed);
    private final Model model = new Model(DISK, 32 << 10, random);
    private final MemoryPlace store = new MemoryPlace();

    /** Writes, while no keeper gets anything done. */
    @BeforeEach
    void write() throws InterruptedException {
        System.out.println("keeper orders seed " + seed + " (-Dtidemark.seed=" + seed + " repeats it)");
        store.make("data", "meta", "packed", "layers");
        var layers = new FaultyVolume(store.volume("layers"), seed);
        layers.choose(FaultyVolume.Fault.IO, 1);
        try (var writer = Histories.writer(history(store.copy(volume -> volume).with("layers", layers)), TINY)) {
            writer.gapBegin(model.time, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(++model.time);
            for (int i = 0; i < 300; i++) {
                model.step(writer);
                if (i % 8 == 0) {
                    writer.commit();
                    assertThat(writer.awaitDurable(writer.position(), Duration.ofMinutes(1)))
                            .isTrue();
                }
            }
        }
    }

    private static History history(StorePlace place) {
        return new History("vda", new UUID(1, 2), DISK, place);
    }

    private long later() {
        return model.time + 7_200_000_000L;
    }

    private static int complete(History history) throws IOException {
        return Integer.parseInt(history.meta().list().getLast()) - 1;
    }

    private static Catalogue catalogue(History history) {
        return CatalogueFile.read(history).catalogue().orElse(Catalogue.EMPTY);
    }

    /** One from the middle of what is to go. */
    private MarkEntry mark(History history) {
        try (var reader = HistoryReader.open(history, false)) {
            return reader.marks().get(reader.marks().size() / 2);
        }
    }

    private void shows(History history, MarkEntry mark, String what) {
        try (var reader = HistoryReader.open(history, false)) {
            var state = reader.resolve(new Point.Mark(mark.name()));
            assertThat(state.number()).as(what).isEqualTo(mark.number());
            try (var view = reader.view(state)) {
                assertThat(Model.checksum(view, new byte[DISK])).as(what).isEqualTo(model.states.get((int)
                        mark.number()));
            }
        }
    }

    /** At a byte a second, its round would take weeks. */
    @Test
    @Timeout(60)
    void whatIsAskedForInALongRoundIsAnsweredBeforeItsEnd() throws IOException {
        var history = history(store);
        int complete = complete(history);
        var mark = mark(history);
        var segments = history.data().list();
        try (var keeper = new Keeper(history, complete, this::later, 1)) {
            while (catalogue(history).lastSegment() < complete) {
                Thread.onSpinWait();
            }
            assertThat(keeper.retention()).isEqualTo(Retention.KEEP_ALL);
            keeper.lock(mark, true);
            assertThat(RetentionFile.read(history.place()).locked())
                    .containsExactly(new LockedMark(mark.name(), mark.number()));
            assertThat(keeper.preview(LITTLE, 0).kept()).hasSize(1);
            keeper.retain(LITTLE);
            assertThat(RetentionFile.read(history.place()).retention()).isEqualTo(LITTLE);
            assertThat(history.data().list())
                    .as("the round goes on, seed %s", seed)
                    .isEqualTo(segments);
            assertThat(catalogue(history).generations()).isEmpty();
            // Who waits for a round has the one that goes on hurry.
            assertThat(keeper.round(0).putOff()).as("seed %s", seed).isEmpty();
            assertThat(catalogue(history).singles()).as("seed %s", seed).isPositive();
            int filling = catalogue(history).account().dataSegment();
            assertThat(filling).as("seed %s", seed).isGreaterThan(3);
            assertThat(history.data().list().stream().map(Integer::parseInt))
                    .as("all is packed, seed %s", seed)
                    .allMatch(segment -> segment >= filling);
            assertThat(keeper.failure()).isEmpty();
        }
        shows(history, mark, "seed " + seed);
    }

    /** Does something between two steps of a round. */
    private final class Interrupted {
        private final Runnable order;
        private final HistoryKeeping keeping;
        private int left = Integer.MAX_VALUE;
        private int steps;

        Interrupted(History history, Order order) throws IOException {
            keeping = HistoryKeeping.open(
                    history, KeeperOrdersTest.this::later, () -> Long.MAX_VALUE, this::isStopped, what -> {
                        throw new AssertionError(what + ", seed " + seed);
                    });
            keeping.makeLayers(complete(history));
            this.order = () -> order.give(keeping);
        }

        private boolean isStopped() {
            steps++;
            if (left-- == 0) {
                order.run();
            }
            return false;
        }

        /** @return how many steps it took */
        int round(int place) throws IOException {
            left = place;
            steps = 0;
            keeping.round(0);
            return steps;
        }
    }

    private interface Order {
        void give(HistoryKeeping keeping);
    }

    /** Begun with all made but the round. */
    private MemoryPlace atTheRound() throws IOException {
        var place = copy(store);
        var begun = new Interrupted(history(place), _ -> {});
        begun.keeping.retain(LITTLE);
        return place;
    }

    private static MemoryPlace copy(MemoryPlace place) {
        return place.copy(volume -> ((MemoryVolume) volume).killed());
    }

    private List<Integer> places(MemoryPlace from) throws IOException {
        int steps = new Interrupted(history(copy(from)), _ -> {}).round(Integer.MAX_VALUE);
        var places = new ArrayList<Integer>();
        for (int i = 1; i < steps; i++) {
            places.add(i);
        }
        Collections.shuffle(places, random);
        places.addFirst(0);
        return places.subList(0, Math.min(PLACES, steps));
    }

    @Test
    @Timeout(120)
    void aMarkThatIsLockedBetweenAnyTwoStepsStays() throws IOException {
        var begun = atTheRound();
        int locked = 0;
        for (int place : places(begun)) {
            var history = history(copy(begun));
            var mark = mark(history);
            var refused = new ArrayList<StoreException>();
            var interrupted = new Interrupted(history, keeping -> {
                try {
                    keeping.lock(mark, true);
                } catch (StoreException e) {
                    refused.add(e);
                }
            });
            interrupted.round(place);
            var what = "locked before step " + place + ", seed " + seed;
            assertThat(refused).as(what).allMatch(e -> e.code() == StoreException.Code.BEYOND);
            if (refused.isEmpty()) {
                locked++;
                shows(history, mark, what);
            }
        }
        assertThat(locked).as("seed %s", seed).isPositive();
    }

    @Test
    @Timeout(120)
    void whatIsToBeKeptFromBetweenAnyTwoStepsOnStays() throws IOException {
        var begun = atTheRound();
        int kept = 0;
        for (int place : places(begun)) {
            var history = history(copy(begun));
            var first = catalogue(history).singles();
            var singles = new long[1];
            var interrupted = new Interrupted(history, keeping -> {
                keeping.retain(Retention.KEEP_ALL);
                singles[0] = catalogue(history).singles();
            });
            interrupted.round(place);
            assertThat(catalogue(history).singles())
                    .as("kept from step %s on, seed %s", place, seed)
                    .isEqualTo(singles[0]);
            kept += singles[0] == first ? 1 : 0;
        }
        assertThat(kept).as("seed %s", seed).isPositive();
    }
}
