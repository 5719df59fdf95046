// SPDX-License-Identifier: Apache-2.0
package io.tidemark.bitmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class BlockSetProperty {
    private static final int BLOCK = 4096;

    @Property(tries = 200)
    void agreesWithABitPerByte(@ForAll long seed, @ForAll @IntRange(min = 1, max = 20 * BLOCK) int limit) {
        var random = new Random(seed);
        var set = new BlockSet(BLOCK);
        var model = new BitSet();
        for (int step = 0; step < 20; step++) {
            int from = random.nextInt(limit + 1);
            int to = from + random.nextInt(limit - from + 1);
            if (random.nextInt(3) > 0) {
                set.add(from, to - from);
                if (to > from) {
                    model.set(from / BLOCK * BLOCK, (to + BLOCK - 1) / BLOCK * BLOCK);
                }
            } else {
                set.remove(from, to - from);
                int first = (from + BLOCK - 1) / BLOCK * BLOCK;
                int last = to / BLOCK * BLOCK;
                if (first < last) {
                    model.clear(first, last);
                }
            }
            assertThat(set.contains(from, to - from)).isEqualTo(model.nextClearBit(from) >= to || from == to);
        }
        var seen = new BitSet();
        set.forEachRange((offset, length) -> seen.set((int) offset, (int) (offset + length)));
        assertThat(seen).isEqualTo(model);
        assertThat(set.cardinalityBytes()).isEqualTo(model.cardinality());
        assertThat(set.isEmpty()).isEqualTo(model.isEmpty());
    }

    @Example
    void addsAnotherSet() {
        var one = new BlockSet(BLOCK);
        var two = new BlockSet(BLOCK);
        one.add(0, 1);
        two.add(BLOCK + 1, 1);
        one.addAll(two);
        assertThat(one.contains(0, 2 * BLOCK)).isTrue();
        assertThat(one.intersects(2 * BLOCK, BLOCK)).isFalse();
        one.clear();
        assertThat(one.isEmpty()).isTrue();
    }

    @Example
    void reachesTheLastOf2To32Blocks() {
        var set = new BlockSet(BLOCK);
        set.add((1L << 44) - 1, 1);
        set.forEachRange((offset, length) -> assertThat(offset + length).isEqualTo(1L << 44));
        assertThat(set.cardinalityBytes()).isEqualTo(BLOCK);
    }

    @Example
    void refusesWhatItCannotHold() {
        var set = new BlockSet(BLOCK);
        assertThatThrownBy(() -> set.add(1L << 44, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BlockSet(3)).isInstanceOf(IllegalArgumentException.class);
    }
}
