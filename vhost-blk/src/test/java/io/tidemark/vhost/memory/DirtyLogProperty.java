// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class DirtyLogProperty {
    private static final int WORDS = 8;
    private static final int PAGES = WORDS * Integer.SIZE;

    @Property(tries = 2000)
    void marksThePagesOfTheRangeAndNoOthers(
            @ForAll @LongRange(max = 300L * DirtyLog.PAGE) long address,
            @ForAll @IntRange(max = 100 * DirtyLog.PAGE) int length) {
        BitSet expected = new BitSet();
        for (long at = address; at < address + length; at += DirtyLog.PAGE - at % DirtyLog.PAGE) {
            int page = (int) (at / DirtyLog.PAGE);
            if (page < PAGES) {
                expected.set(page);
            }
        }
        assertThat(marked(address, length)).isEqualTo(expected);
    }

    @Property(tries = 500)
    void noAddressMarksBesidesTheLog(@ForAll long address, @ForAll @LongRange(max = 1 << 20) long length) {
        if (Long.compareUnsigned(address, (long) PAGES * DirtyLog.PAGE) >= 0 && address + length > 0 == address > 0) {
            assertThat(marked(address, length)).isEqualTo(new BitSet());
        }
    }

    private static BitSet marked(long address, long length) {
        try (Arena arena = Arena.ofConfined()) {
            // With guards on both sides.
            MemorySegment memory = arena.allocate((WORDS + 2) * Integer.BYTES, Integer.BYTES);
            new DirtyLog(memory.asSlice(Integer.BYTES, WORDS * Integer.BYTES)).mark(address, length);
            assertThat(memory.getAtIndex(ValueLayout.JAVA_INT, 0)).isZero();
            assertThat(memory.getAtIndex(ValueLayout.JAVA_INT, WORDS + 1)).isZero();
            return BitSet.valueOf(
                    memory.asSlice(Integer.BYTES, WORDS * Integer.BYTES).toArray(ValueLayout.JAVA_BYTE));
        }
    }
}
