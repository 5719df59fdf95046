// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class CopyRingProperty {
    private static final int SIZE = 64 << 10;

    private record Entry(int id, int length, byte content) {}

    /** Entries lie on pages, don't overlap, keep their bytes until they are released in any order, and all comes back. */
    @Property(tries = 300)
    void entriesKeepTheirBytes(@ForAll @Size(max = 200) List<@IntRange(min = 0, max = 1 << 20) Integer> choices) {
        try (CopyRing ring = new CopyRing(SIZE)) {
            List<Entry> taken = new ArrayList<>();
            byte content = 1;
            for (int choice : choices) {
                if (choice % 2 == 0 && !taken.isEmpty()) {
                    check(ring, taken.remove(choice / 2 % taken.size()));
                } else {
                    int length = 1 + choice / 2 % (5 * CopyRing.PAGE);
                    int id = ring.allocate(length);
                    if (id == CopyRing.FULL) {
                        assertThat(taken).isNotEmpty();
                        continue;
                    }
                    assertThat(ring.address(id) % CopyRing.PAGE).isZero();
                    MemorySegment.ofAddress(ring.address(id))
                            .reinterpret(length)
                            .fill(++content);
                    taken.add(new Entry(id, length, content));
                }
            }
            while (!taken.isEmpty()) {
                check(ring, taken.removeLast());
            }
            assertThat(ring.allocate(SIZE)).isNotEqualTo(CopyRing.FULL);
        }
    }

    private static void check(CopyRing ring, Entry entry) {
        MemorySegment bytes = ring.bytes(entry.id);
        assertThat(bytes.byteSize()).isEqualTo(entry.length);
        for (byte b : bytes.toArray(ValueLayout.JAVA_BYTE)) {
            if (b != entry.content) {
                throw new AssertionError("entry " + entry + " was overwritten");
            }
        }
        ring.release(entry.id);
    }
}
