// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.pin.Pin;
import io.tidemark.cdp.pin.Pins;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The keeper thins and packs while a guest writes, and while others read: nothing is taken away from under them. */
class KeeperBesideReadersTest {
    private static final int DISK = 256 << 10;
    private static final int ROUNDS = Integer.getInteger("tidemark.rounds", 10);

    /** What the model writes is years old: all of it may go at once, but for pinned states and the last log segment. */
    private static final Retention LITTLE = new Retention(
            new RetentionRules(List.of(new RetentionRule(3_600_000_000L, RetentionRule.EVERY_WRITE))),
            OptionalLong.empty());

    private static final WriterOptions TINY =
            Histories.SMALL.withSegments(128 << 10, 2 << 10).withCommitInterval(Duration.ZERO);

    private final long seed =
            Long.getLong("tidemark.seed", ThreadLocalRandom.current().nextLong());
    private final Random random = new Random(seed);
    private final Model model = new Model(DISK, 32 << 10, random);
    private final byte[] scratch = new byte[DISK];
    private final History history = Histories.inMemory(DISK);

    /** A reader that has said which state it reads. */
    private record Pinned(HistoryReader reader, State state) {}

    private void begin(HistoryWriter writer) {
        System.out.println("keeper beside readers seed " + seed + " (-Dtidemark.seed=" + seed + " repeats it)");
        writer.gapBegin(model.time, GapReason.START);
        writer.syncZero(0, 0, DISK);
        writer.gapEnd(++model.time);
    }

    private void write(HistoryWriter writer, int changes) throws InterruptedException {
        for (int i = 1; i <= changes; i++) {
            model.step(writer);
            if (i % 8 == 0 || i == changes) {
                writer.commit();
                assertThat(writer.awaitDurable(writer.position(), Duration.ofMinutes(1)))
                        .isTrue();
            }
        }
    }

    private void same(HistoryReader reader, State state, String what) {
        try (var view = reader.view(state)) {
            assertThat(Model.checksum(view, scratch))
                    .as("write %s, %s, seed %s", state.number(), what, seed)
                    .isEqualTo(model.states.get((int) state.number()));
        }
    }

    /** Of all states that are there one by one. */
    private State any(HistoryReader reader) {
        var log = reader.catalogue().log();
        long first = log.isEmpty() ? 0 : log.getFirst().before();
        return reader.resolve(new Point.WriteNumber(first + 1 + random.nextLong(reader.position() - first)));
    }

    private Pinned pin(String what) {
        var reader = HistoryReader.open(history, true, Pins.announce(history));
        var state = any(reader);
        same(reader, state, what);
        reader.narrow(state);
        return new Pinned(reader, state);
    }

    @Test
    @Timeout(120)
    void pinnedPointsStayWhileItThinsAndPacksBesideAWriter() throws Exception {
        var pinned = new ArrayDeque<Pinned>();
        try (var writer = Histories.writer(history, TINY.withKeeperRate(1L << 40))) {
            begin(writer);
            write(writer, 100);
            var keeper = writer.keeper().orElseThrow();
            keeper.retain(LITTLE);
            var restless = new Restless();
            try {
                for (int round = 0; round < ROUNDS; round++) {
                    write(writer, 40 + random.nextInt(40));
                    pinned.add(pin("round " + round + ", pinned"));
                    pinned.add(pin("round " + round + ", pinned"));
                    write(writer, 20);
                    keeper.round(0);
                    stay(pinned, "round " + round);
                    while (pinned.size() > 4) {
                        (random.nextBoolean() ? pinned.poll() : pinned.pollLast())
                                .reader()
                                .close();
                    }
                    assertThat(keeper.failure()).as("seed %s", seed).isEmpty();
                }
            } finally {
                restless.end();
            }
            keeper.round(0);
            stay(pinned, "at the end");
            try (var reader = HistoryReader.open(history, true, Pins.announce(history))) {
                // The horizon moves when the base is worth being written anew: until then older states stay.
                long oldest = pinned.stream()
                        .mapToLong(each -> each.state().records())
                        .min()
                        .orElseThrow();
                assertThat(reader.kept().stream()
                                .filter(state -> state.records() >= oldest)
                                .count())
                        .as("seed %s", seed)
                        .isBetween(1L, (long) pinned.size());
                assertThat(reader.checkData((_, _) -> {})).as("seed %s", seed).isEmpty();
                same(reader, reader.resolve(new Point.Latest()), "latest");
            }
        }
        var catalogue = CatalogueFile.read(history).catalogue().orElseThrow();
        assertThat(catalogue.log().getFirst().segment()).as("seed %s", seed).isGreaterThan(10);
        assertThat(catalogue.generations()).as("seed %s", seed).isNotEmpty();
        stay(pinned, "behind the writer");
        pinned.forEach(each -> each.reader().close());
    }

    private void stay(Deque<Pinned> pinned, String what) {
        for (var each : pinned) {
            same(each.reader(), each.state(), what);
        }
    }

    /** Takes a pinned point, reads it again and again, takes another. */
    private final class Restless {
        private final Map<Long, Long> seen = new ConcurrentHashMap<>();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private volatile boolean ended;
        private final Thread thread = Thread.ofPlatform().start(this::run);

        private void run() {
            var bytes = new byte[DISK];
            try {
                while (!ended) {
                    try (var reader = HistoryReader.open(history, true, Pins.announce(history))) {
                        var state = reader.resolve(new Point.Latest());
                        for (int i = 0; i < 20; i++) {
                            try (var view = reader.view(state)) {
                                long checksum = Model.checksum(view, bytes);
                                assertThat(seen.merge(state.number(), checksum, (former, _) -> former))
                                        .as("write %s, seed %s", state.number(), seed)
                                        .isEqualTo(checksum);
                            }
                            reader.narrow(state);
                        }
                    }
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        }

        void end() throws InterruptedException {
            ended = true;
            thread.join();
            assertThat(failure.get()).as("seed %s", seed).isNull();
            seen.forEach((number, checksum) -> assertThat(checksum)
                    .as("write %s, seed %s", number, seed)
                    .isEqualTo(model.states.get(number.intValue())));
        }
    }

    @Test
    @Timeout(60)
    void whoWasThereBeforeASegmentWasPackedReadsOn() throws Exception {
        try (var writer = Histories.writer(history, TINY)) {
            begin(writer);
            write(writer, 300);
            var keeper = writer.keeper().orElseThrow();
            try (var all = HistoryReader.open(history, true, Pin.NONE)) {
                keeper.round(0);
                assertThat(history.packed().list()).as("seed %s", seed).hasSizeGreaterThan(3);
                int filling = CatalogueFile.read(history)
                        .catalogue()
                        .orElseThrow()
                        .account()
                        .dataSegment();
                assertThat(history.data().list().stream().map(Integer::parseInt))
                        .as("seed %s", seed)
                        .allMatch(segment -> segment >= filling);
                for (int i = 0; i < 100; i++) {
                    same(all, any(all), "behind the first packing");
                }
                assertThat(all.checkData((_, _) -> {})).as("seed %s", seed).isEmpty();
            }
        }
    }

    /** Who copies a history lists its files first: they must be there when their turn comes. */
    @Test
    @Timeout(60)
    void whileSomebodyReadsAllOfItNoSegmentGoes() throws Exception {
        try (var writer = Histories.writer(history, TINY)) {
            begin(writer);
            write(writer, 300);
            var keeper = writer.keeper().orElseThrow();
            var segments = history.data().list();
            try (var pin = Pins.announce(history)) {
                assertThat(pin).isNotEqualTo(Pin.NONE);
                keeper.round(0);
                assertThat(history.data().list()).as("seed %s", seed).isEqualTo(segments);
                assertThat(history.packed().list()).as("seed %s", seed).isEmpty();
            }
            keeper.round(0);
            assertThat(history.packed().list()).as("seed %s", seed).isNotEmpty();
        }
    }

    /** What nobody else needs was zeroed in the segments that took the place of those that the reader knows. */
    @Test
    @Timeout(60)
    void aPinnedPointIsReadFromSegmentsThatHoldLittleElse() throws Exception {
        try (var writer = Histories.writer(history, TINY)) {
            begin(writer);
            write(writer, 200);
            var pinned = pin("pinned");
            write(writer, 200);
            var keeper = writer.keeper().orElseThrow();
            try (var late = HistoryReader.open(history, true, Pins.announce(history))) {
                var report = keeper.round(late.records());
                assertThat(report.segments()).as("seed %s", seed).isZero();
                assertThat(report.putOff())
                        .as("seed %s", seed)
                        .hasValueSatisfying(why -> assertThat(why).contains("read the whole history"));
                for (int i = 0; i < 20; i++) {
                    same(late, any(late), "held back");
                }
                same(pinned.reader(), pinned.state(), "held back");
            }
            long records;
            try (var reader = HistoryReader.open(history, true)) {
                records = reader.records();
            }
            var report = keeper.round(records);
            assertThat(report.segments()).as("seed %s", seed).isPositive();
            assertThat(report.putOff())
                    .as("seed %s", seed)
                    .hasValueSatisfying(why -> assertThat(why)
                            .contains(
                                    "reads the state at write " + pinned.state().number()));
            same(pinned.reader(), pinned.state(), "all else is deleted");
            write(writer, 100);
            keeper.round(records);
            same(pinned.reader(), pinned.state(), "all else is deleted again");
            pinned.reader().close();
            assertThat(keeper.round(records).putOff()).as("seed %s", seed).isEmpty();
            try (var reader = HistoryReader.open(history, true)) {
                assertThat(reader.kept()).as("seed %s", seed).isEmpty();
                same(reader, reader.resolve(new Point.Latest()), "latest");
            }
        }
    }
}
