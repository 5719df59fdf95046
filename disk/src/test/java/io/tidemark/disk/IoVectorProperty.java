// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class IoVectorProperty {
    @Property
    void advancingDropsExactlyTheFirstBytesAndRewindingTakesItBack(
            @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 300) Integer> lengths,
            @ForAll @IntRange(min = 0, max = 2399) int advance,
            @ForAll @IntRange(min = 0, max = 2399) int more) {
        try (Arena arena = Arena.ofConfined()) {
            IoVector vector = new IoVector(lengths.size());
            MemorySegment pool = arena.allocate(8 * 400);
            for (long i = 0; i < pool.byteSize(); i++) {
                pool.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7));
            }
            int total = 0;
            for (int i = 0; i < lengths.size(); i++) {
                assertThat(vector.add(pool.address() + i * 400L, lengths.get(i)))
                        .isTrue();
                total += lengths.get(i);
            }
            MemorySegment whole = arena.allocate(total);
            assertThat(vector.copyTo(whole.address())).isTrue();
            int done = advance % total;
            vector.advance(done);
            assertThat(vector.bytes()).isEqualTo(total - done);
            MemorySegment rest = arena.allocate(total - done);
            vector.copyTo(rest.address());
            assertThat(rest.mismatch(whole.asSlice(done))).isEqualTo(-1);
            if (more % (total - done) > 0) {
                vector.advance(more % (total - done));
            }
            vector.rewind();
            assertThat(vector.bytes()).isEqualTo(total);
            MemorySegment again = arena.allocate(total);
            vector.copyTo(again.address());
            assertThat(again.mismatch(whole)).isEqualTo(-1);
        }
    }

    @Property
    void neighboursAreMergedAndTheCapacityHolds(@ForAll @IntRange(min = 1, max = 4096) int length) {
        IoVector vector = new IoVector(2);
        assertThat(vector.add(1 << 20, length)).isTrue();
        assertThat(vector.add((1 << 20) + length, length)).isTrue();
        assertThat(vector.count()).isEqualTo(1);
        assertThat(vector.add(1 << 30, 1)).isTrue();
        assertThat(vector.add(1 << 10, 1)).isFalse();
        assertThat(vector.bytes()).isEqualTo(2L * length + 1);
        assertThat(vector.alignedTo(1 << 12)).isFalse();
    }
}
