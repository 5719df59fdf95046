// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.disk.Extent;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What lies between two states, what touched a range, what flushes left: against a disk in memory. */
class LookingBackProperty {
    private static final int DISK = 640 << 10;
    private static final int SECTORS = DISK / 512;

    final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    final Random random = new Random(seed);
    final Model model = new Model(DISK, 512 << 10, random);
    final History history = Histories.inMemory(DISK);
    private final Map<Long, byte[]> states = new HashMap<>();
    /** By write number, how many touches there were. */
    private final Map<Long, Integer> touchesAt = new HashMap<>();

    /** What each flush left at least, by its place; null where that is in a gap. */
    private final List<Long> flushed = new ArrayList<>();

    private Told told;
    HistoryReader reader;

    HistoryWriter writer() {
        return Histories.writer(history);
    }

    @BeforeEach
    void begin() throws IOException {
        System.out.println("looking back, seed " + seed + " (-Dtidemark.seed=" + seed + " repeats it)");
        try (var writer = writer()) {
            told = new Told(writer);
            told.onFlush = flush -> flushed.add(left(flush));
            gap(GapReason.START);
            for (int i = 0; i < 150; i++) {
                model.step(told);
                remember();
                if (random.nextInt(30) == 0) {
                    gap(GapReason.OVERLOAD);
                }
                if (random.nextInt(6) == 0) {
                    // Some of the last writes were still on their way when the flush was submitted.
                    long covered = Math.max(0, told.position() - random.nextInt(3));
                    told.flush(++model.time, covered);
                }
                model.time += 2;
                if (i % 10 == 0) {
                    Histories.commit(writer);
                }
            }
        }
        written();
        reader = HistoryReader.open(history, false);
    }

    void written() throws IOException {}

    @AfterEach
    void end() {
        reader.close();
    }

    private Long left(FlushPoint flush) {
        if (flush.number() == told.position()) {
            return Model.checksum(model.disk);
        }
        var state = states.get(flush.number());
        return state == null || model.states.get((int) flush.number()) == null ? null : Model.checksum(state);
    }

    private void gap(GapReason reason) {
        model.gap(told, reason);
        remember();
    }

    private void remember() {
        states.put(told.position(), model.disk.clone());
        touchesAt.put(told.position(), told.touches.size());
    }

    State restorable() {
        while (true) {
            long number = random.nextInt(model.states.size());
            if (model.states.get((int) number) != null && states.containsKey(number)) {
                return reader.resolve(new Point.WriteNumber(number));
            }
        }
    }

    @Test
    void changedGivesWhatDiffersAndNothingThatWasNotTouched() {
        for (int round = 0; round < 60; round++) {
            var from = restorable();
            var to = restorable();
            var what = "write:" + from.number() + ".." + to.number() + ", seed " + seed;
            var differing = differing(from, to);
            var exact = changed(from, to, true, what);
            assertThat(exact).as(what).isEqualTo(differing);
            assertThat(byContent(from, to)).as(what).isEqualTo(differing);
            var touched = changed(from, to, false, what);
            assertThat(touched).as(what).isEqualTo(touched(from, to));
            differing.andNot(touched);
            assertThat(differing.isEmpty()).as(what).isTrue();
        }
        var all = restorable();
        assertThat(changed(reader.begin(), all, true, "from the beginning"))
                .isEqualTo(differing(new byte[DISK], states.get(all.number())));
    }

    BitSet byContent(State from, State to) {
        var found = new BitSet();
        Changed.compareAll(
                reader, from, to, extent -> found.set((int) (extent.offset() / 512), (int) (extent.end() / 512)));
        return found;
    }

    private BitSet differing(State from, State to) {
        return differing(states.get(from.number()), states.get(to.number()));
    }

    private static BitSet differing(byte[] one, byte[] other) {
        var found = new BitSet();
        for (int i = 0; i < SECTORS; i++) {
            found.set(i, !Arrays.equals(one, i * 512, i * 512 + 512, other, i * 512, i * 512 + 512));
        }
        return found;
    }

    private BitSet touched(State one, State other) {
        var found = new BitSet();
        int from = touchesAt.get(Math.min(one.number(), other.number()));
        int to = touchesAt.get(Math.max(one.number(), other.number()));
        for (var touch : told.touches.subList(from, to)) {
            found.set((int) (touch.offset() / 512), (int) ((touch.offset() + touch.length()) / 512));
        }
        return found;
    }

    BitSet changed(State from, State to, boolean exact, String what) {
        var found = new BitSet();
        var last = new Extent[] {new Extent(0, 0, Extent.Sort.HOLE)};
        reader.changed(from, to, exact, extent -> {
            assertThat(extent.offset()).as(what).isGreaterThanOrEqualTo(last[0].end());
            boolean touches = last[0].length() > 0 && last[0].end() == extent.offset();
            assertThat(!touches || last[0].sort() != extent.sort()).as(what).isTrue();
            found.set((int) (extent.offset() / 512), (int) (extent.end() / 512));
            var content = states.get(to.number());
            if (!extent.isData()) {
                for (long i = extent.offset(); i < extent.end(); i++) {
                    assertThat(content[(int) i]).as(what).isZero();
                }
            }
            last[0] = extent;
        });
        return found;
    }

    @Test
    void blameNamesAllThatTouchedARangeNewestFirst() {
        for (int round = 0; round < 60; round++) {
            var one = restorable();
            var other = restorable();
            var from = one.number() < other.number() ? one : other;
            var to = one.number() < other.number() ? other : one;
            int offset = random.nextInt(SECTORS) * 512;
            int length = Math.min(DISK - offset, (1 + random.nextInt(16)) * 512);
            int limit = random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(5);
            var expected =
                    told.touches.subList(touchesAt.get(from.number()), touchesAt.get(to.number())).reversed().stream()
                            .filter(t -> t.offset() < offset + length && t.offset() + t.length() > offset)
                            .limit(limit)
                            .toList();
            var found = reader.blame(offset, length, from, to, limit);
            assertThat(found)
                    .as("%s+%s in write:%s..%s, seed %s", offset, length, from.number(), to.number(), seed)
                    .isEqualTo(expected);
        }
    }

    @Test
    void aFlushPointIsTheStateThatTheFlushCovered() {
        var flushes = told.flushes;
        for (int i = 0; i < flushes.size(); i++) {
            // Others may have the same time: the last of them is meant.
            boolean last = i + 1 == flushes.size()
                    || flushes.get(i + 1).time() > flushes.get(i).time();
            if (last) {
                var expected = flushed.get(i);
                var what = "flush " + flushes.get(i) + ", seed " + seed;
                try (var view = reader.view(reader.resolve(flush(flushes.get(i).time())))) {
                    assertThat(view.state().number())
                            .as(what)
                            .isEqualTo(flushes.get(i).number());
                    assertThat(Model.checksum(view, new byte[DISK])).as(what).isEqualTo(expected);
                } catch (StoreException e) {
                    assertThat(e.code()).as(what).isEqualTo(StoreException.Code.NOT_RESTORABLE);
                    assertThat(expected == null || inGap(flushes.get(i).time()))
                            .as(what)
                            .isTrue();
                }
            }
        }
        assertThat(reader.flushPoints(0, Long.MAX_VALUE, Integer.MAX_VALUE)).isEqualTo(flushes);
        var third = flushes.get(2);
        assertThat(reader.flushPoints(third.time(), third.time(), 10)).contains(third);
        assertThat(reader.flushPoints(0, Long.MAX_VALUE, 2))
                .isEqualTo(flushes.subList(flushes.size() - 2, flushes.size()));
        assertThat(reader.resolve(new Point.Flush(new Point.Latest())).number())
                .isEqualTo(lastRestorable(flushes).number());
    }

    /** Those in a gap are passed over. */
    private FlushPoint lastRestorable(List<FlushPoint> flushes) {
        for (var flush : flushes.reversed()) {
            try {
                reader.resolve(flush(flush.time()));
                return flush;
            } catch (StoreException e) {
                assertThat(e.code()).isEqualTo(StoreException.Code.NOT_RESTORABLE);
            }
        }
        throw new AssertionError("every flush is in a gap, seed " + seed);
    }

    private static Point flush(long time) {
        return new Point.Flush(new Point.Time(time));
    }

    private boolean inGap(long time) {
        return reader.gaps().stream().anyMatch(gap -> time >= gap.begin() && time <= gap.end());
    }

    @Test
    void whereNoFlushWasThatIsSaid() {
        assertThatThrownBy(() -> reader.resolve(new Point.Flush(new Point.Mark("none"))))
                .hasMessageContaining("has no mark");
        assertThatThrownBy(() -> reader.resolve(new Point.Flush(
                        new Point.WriteNumber(reader.gaps().getFirst().to()))))
                .hasMessageContaining("no flush of the guest");
    }
}
