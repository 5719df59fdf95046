// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** The map of data pages against a set of pages. */
class DataMapProperty {
    private static final long SIZE = 5 << 20;
    private static final int PAGE = 4096;

    enum What {
        WRITE,
        WRITE_UNDER_A_PUNCH,
        WRITE_PUNCHED_MEANWHILE,
        PUNCH,
        VANISH,
        FORGET
    }

    record Step(What what, long offset, long end) {}

    @Property
    void equalsASetOfPages(@ForAll("steps") List<Step> steps) {
        DataMap map = new DataMap(SIZE);
        BitSet model = new BitSet();
        for (Step step : steps) {
            long from = step.offset();
            long to = step.end();
            int first = (int) (from / PAGE);
            int behind = (int) Math.ceilDiv(to, PAGE);
            switch (step.what()) {
                case WRITE -> {
                    map.add(from, to, map.stamp(from, to));
                    model.set(first, behind);
                }
                case WRITE_UNDER_A_PUNCH -> {
                    map.beginPunch(to - 1, to);
                    long stamp = map.stamp(from, to);
                    map.endPunch(to - 1, to);
                    map.add(from, to, stamp);
                }
                case WRITE_PUNCHED_MEANWHILE -> {
                    long stamp = map.stamp(from, to);
                    map.beginPunch(from, from + 1);
                    map.endPunch(from, from + 1);
                    map.add(from, to, stamp);
                    model.clear(first, behind);
                }
                case PUNCH -> {
                    map.beginPunch(from, to);
                    map.endPunch(from, to);
                    int whole = (int) Math.ceilDiv(from, PAGE);
                    model.clear(whole, Math.max(whole, (int) (to / PAGE)));
                }
                case VANISH -> {
                    map.vanished(from, to);
                    model.clear(first, behind);
                }
                case FORGET -> {
                    map.forget();
                    model.clear();
                }
            }
            for (int page = 0; page < SIZE / PAGE; page++) {
                assertThat(map.isData((long) page * PAGE, (page + 1L) * PAGE))
                        .as("page %d after %s", page, step)
                        .isEqualTo(model.get(page));
            }
            assertThat(map.isData(from, to)).isEqualTo(model.nextClearBit(first) >= behind);
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<What> what = Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.of(What.class)), Tuple.of(6, Arbitraries.of(What.WRITE, What.PUNCH)));
        Arbitrary<Long> sector = Arbitraries.longs().between(0, SIZE / 512 - 1);
        Arbitrary<Long> sectors = Arbitraries.longs().between(1, 3000);
        return Combinators.combine(what, sector, sectors)
                .as((w, s, n) -> new Step(w, s * 512, Math.min(SIZE, (s + n) * 512)))
                .list()
                .ofMaxSize(30);
    }
}
