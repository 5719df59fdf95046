// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoredBytes;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Histories that are thinned, folded and packed again and again while they grow: every point that is left shows what it should. */
class ThinningTest {
    private static final int DISK = 1 << 20;
    private static final RetentionRules RULES = new RetentionRules(List.of(
            new RetentionRule(400_000, RetentionRule.EVERY_WRITE),
            new RetentionRule(2_000_000, 100_000),
            new RetentionRule(6_000_000, 500_000)));

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Model model = new Model(DISK, 200 << 10, random);
    private final byte[] scratch = new byte[DISK];

    /** By time: what the disk was then, if that is exact. */
    private final TreeMap<Long, Long> times = new TreeMap<>();

    /** By write number: all that the disk has been after it. */
    private final Map<Long, Set<Long>> numbers = new HashMap<>();

    private History history = Histories.inMemory(DISK);

    private void write(int changes) {
        try (var writer = Histories.writer(history)) {
            if (writer.position() == 0) {
                writer.gapBegin(model.time, GapReason.START);
                writer.syncZero(0, 0, DISK);
                writer.gapEnd(++model.time);
            }
            for (int i = 0; i < changes; i++) {
                if (random.nextInt(400) == 0) {
                    model.gap(writer, GapReason.OVERLOAD);
                } else {
                    model.step(writer);
                }
                times.put(model.time, model.checksum());
                numbers.computeIfAbsent(writer.position(), _ -> new HashSet<>()).add(model.checksum());
            }
        }
    }

    private HistoryKeeping keeping() throws IOException {
        var keeping = HistoryKeeping.open(history, () -> model.time, () -> Long.MAX_VALUE, () -> false, what -> {
            throw new AssertionError(what);
        });
        keeping.makeLayers(Integer.MAX_VALUE - 1);
        return keeping;
    }

    @Test
    void whatIsKeptIsWhatWas() throws IOException {
        System.out.println("thinning seed " + seed);
        for (int round = 0; round < 12; round++) {
            write(700 + random.nextInt(600));
            var keeping = keeping();
            keeping.retain(new Retention(RULES, OptionalLong.empty()));
            assertThat(keeping.round(0).putOff()).isEmpty();
            check(round);
            checkMoments(round);
        }
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(StoredBytes.of(history).total())
                    .as("seed %s", seed)
                    .isLessThan(reader.summary().guestBytes() / 3);
        }
        var verified = Verify.run(history, false, (_, _) -> {});
        assertThat(verified.damage().stream().filter(damage -> !damage.torn()))
                .as("seed %s", seed)
                .isEmpty();
        System.out.println("thinned: " + StoredBytes.of(history));
    }

    /** Every state that is kept, and some of those that are all there. */
    private void check(int round) {
        try (var reader = HistoryReader.open(history, false)) {
            for (var kept : reader.kept()) {
                same(reader, new State(kept.number(), kept.time(), kept.records()), round);
            }
            long first = reader.catalogue().log().getFirst().before() + 1;
            for (int i = 0; i < 12; i++) {
                long number = first + random.nextLong(reader.position() - first + 1);
                if (model.states.get((int) number) != null) {
                    same(reader, reader.resolve(new Point.WriteNumber(number)), round);
                }
            }
            same(reader, reader.resolve(new Point.Latest()), round);
        }
    }

    private void same(HistoryReader reader, State state, int round) {
        try (var view = reader.view(state)) {
            assertThat(Model.checksum(view, scratch))
                    .as("round %s, write %s, seed %s", round, state.number(), seed)
                    .isIn(numbers.get(state.number()));
        }
    }

    /** What the disk was at each of the rules' moments can be told. */
    private void checkMoments(int round) {
        try (var reader = HistoryReader.open(history, false)) {
            for (long moment : RULES.moments(model.time)) {
                if (times.floorKey(moment) == null) {
                    continue;
                }
                try (var view = reader.view(reader.resolve(new Point.Time(moment)))) {
                    assertThat(Model.checksum(view, scratch))
                            .as("round %s, moment %s, seed %s", round, moment, seed)
                            .isEqualTo(times.floorEntry(moment).getValue());
                }
            }
        }
    }

    @Test
    void aLayerThatTurnsOutToBeWrongIsMadeAnew() throws IOException {
        write(1500);
        keeping();
        try (var reader = HistoryReader.open(history, false)) {
            var fine = reader.catalogue().layers().stream()
                    .filter(layer -> layer.kind() == LayerEntry.Kind.FINE
                            && !layer.needed().isEmpty())
                    .findFirst()
                    .orElseThrow();
            var layers = (MemoryVolume) history.layers();
            var name = History.segmentName(fine.file());
            var content = layers.content(name);
            content[SegmentHeader.SIZE + 100] ^= 1;
            layers.replace(name, content);
        }
        var first = keeping();
        assertThatThrownBy(() -> first.round(0)).as("seed %s", seed).isInstanceOf(LayerException.class);
        keeping().round(0);
        var damage = Verify.run(history, false, (_, _) -> {}).damage();
        assertThat(damage.stream().filter(found -> !found.torn()))
                .as("seed %s", seed)
                .isEmpty();
    }

    /** While nobody recorded it the disk may have been anything: that stays so when what was before has gone. */
    @Test
    void aGapThatTheLogBeginsWithStaysOne() throws IOException {
        System.out.println("gap seed " + seed);
        write(300);
        long end;
        try (var reader = HistoryReader.open(history, false)) {
            end = reader.end().time();
        }
        long again = end + 1_000_000;
        try (var writer = Histories.writer(history)) {
            writer.gapBegin(again, GapReason.RESTART);
            writer.syncZero(writer.position(), 0, DISK);
            writer.gapEnd(again + 10);
            writer.zero(again + 20, 0, 4096);
        }
        model.time = again + 1_000_000;
        var keeping = keeping();
        keeping.retain(new Retention(
                new RetentionRules(List.of(new RetentionRule(400_000, RetentionRule.EVERY_WRITE))),
                OptionalLong.empty()));
        assertThat(keeping.round(0).segments()).isPositive();
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.catalogue().log().getFirst().begin()).isEqualTo(again);
            assertThat(reader.resolve(new Point.Time(end)).time()).isEqualTo(end);
            assertThatThrownBy(() -> reader.resolve(new Point.Time(end + 500_000)))
                    .as("seed %s", seed)
                    .hasMessageContaining("lies in the gap (restart)");
            assertThat(reader.summary().coverage())
                    .as("seed %s", seed)
                    .allMatch(interval -> interval.begin() <= interval.end());
        }
    }

    /** An overlay lies on the same content afterwards. */
    @Test
    void aStateHasItsNameStillWhenWhatWasAroundItHasGone() throws IOException {
        System.out.println("names seed " + seed);
        write(300);
        long paused = model.time + 1;
        try (var writer = Histories.writer(history)) {
            writer.gapBegin(paused, GapReason.PAUSED, false);
            writer.syncZero(writer.position(), 0, 4096);
            writer.gapEnd(paused + 10);
            writer.mark(paused + 20, "resumed");
        }
        model.time = paused + 1_000_000;
        write(1000);
        model.time += 1_000_000;
        var keeping = keeping();
        String name;
        try (var reader = HistoryReader.open(history, false)) {
            keeping.lock(
                    reader.marks().stream()
                            .filter(mark -> mark.name().equals("resumed"))
                            .findFirst()
                            .orElseThrow(),
                    true);
            name = reader.nameOf(reader.resolve(new Point.Mark("resumed")));
        }
        assertThat(name).isEqualTo(Micros.text(paused + 10));
        keeping.retain(new Retention(
                new RetentionRules(List.of(new RetentionRule(400_000, RetentionRule.EVERY_WRITE))),
                OptionalLong.empty()));
        assertThat(keeping.round(0).segments()).isPositive();
        try (var reader = HistoryReader.open(history, false)) {
            var state = reader.resolve(new Point.Mark("resumed"));
            assertThat(state.records())
                    .as("seed %s", seed)
                    .isLessThan(reader.catalogue().singles());
            assertThat(reader.nameOf(state)).as("seed %s", seed).isEqualTo(name);
        }
    }

    @Test
    void aQuotaTakesTheOldestAndLockedMarksStay() throws IOException {
        System.out.println("quota seed " + seed);
        write(1500);
        var mark = model.marks.get(model.marks.size() / 2);
        var keeping = keeping();
        long number;
        try (var reader = HistoryReader.open(history, false)) {
            var entry = reader.marks().stream()
                    .filter(each -> each.name().equals(mark))
                    .findFirst()
                    .orElseThrow();
            number = keeping.lock(entry, true).number();
        }
        write(4000);
        keeping = keeping();
        long all = keeping.round(0).bytes();
        // A third is about what the newest states and the locked mark take by themselves.
        keeping.retain(new Retention(RetentionRules.KEEP_ALL, OptionalLong.of(all / 2)));
        var report = keeping.round(0);
        assertThat(report.putOff()).as("seed %s", seed).isEmpty();
        assertThat(report.bytes()).as("seed %s", seed).isLessThanOrEqualTo(all / 2);
        assertThat(report.segments()).isPositive();
        check(0);
        try (var reader = HistoryReader.open(history, false)) {
            var state = reader.resolve(new Point.Mark(mark));
            assertThat(state.number()).isEqualTo(number);
            same(reader, state, 0);
            assertThat(reader.catalogue().layers().stream().filter(layer -> layer.kind() == LayerEntry.Kind.BASE))
                    .hasSize(1);
        }
    }
}
