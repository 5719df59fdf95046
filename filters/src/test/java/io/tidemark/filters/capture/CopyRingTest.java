// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

class CopyRingTest {
    @Test
    void isFullUntilTheOldestEntryIsReleased() {
        try (CopyRing ring = new CopyRing(4 * CopyRing.PAGE)) {
            int first = ring.allocate(2 * CopyRing.PAGE);
            int second = ring.allocate(2 * CopyRing.PAGE);
            assertThat(ring.allocate(1)).isEqualTo(CopyRing.FULL);
            ring.release(second);
            assertThat(ring.allocate(1)).isEqualTo(CopyRing.FULL);
            ring.release(first);
            assertThat(ring.allocate(4 * CopyRing.PAGE)).isNotEqualTo(CopyRing.FULL);
            assertThat(ring.allocate(5 * CopyRing.PAGE)).isEqualTo(CopyRing.FULL);
        }
    }

    /** However long it goes on, what is on its way at a time decides which pages are touched. */
    @Test
    void keepsToTheFirstPages() {
        try (CopyRing ring = new CopyRing(256 * CopyRing.PAGE)) {
            ArrayDeque<Integer> taken = new ArrayDeque<>();
            taken.add(ring.allocate(CopyRing.PAGE));
            long base = ring.address(taken.getFirst());
            for (int i = 0; i < 10_000; i++) {
                int entry = ring.allocate(CopyRing.PAGE);
                assertThat((ring.address(entry) - base) / CopyRing.PAGE).isBetween(0L, 8L);
                taken.add(entry);
                if (taken.size() == 8) {
                    ring.release(taken.remove());
                }
            }
        }
    }

    /** Pages that are free here and there are no room for an entry that needs more of them in a row. */
    @Test
    void findsRoomInARow() {
        try (CopyRing ring = new CopyRing(8 * CopyRing.PAGE)) {
            int first = ring.allocate(CopyRing.PAGE);
            int second = ring.allocate(3 * CopyRing.PAGE);
            int third = ring.allocate(CopyRing.PAGE);
            long base = ring.address(first);
            ring.release(first);
            assertThat((ring.address(ring.allocate(3 * CopyRing.PAGE)) - base) / CopyRing.PAGE)
                    .isEqualTo(5);
            assertThat(ring.allocate(2 * CopyRing.PAGE)).isEqualTo(CopyRing.FULL);
            assertThat(ring.address(ring.allocate(1)) - base).isZero();
            ring.release(second);
            ring.release(third);
            assertThat((ring.address(ring.allocate(4 * CopyRing.PAGE)) - base) / CopyRing.PAGE)
                    .isEqualTo(1);
        }
    }

    @Test
    void takesMemoryOnlyWhenItIsUsedAndGivesItBack() throws Exception {
        long before = residentPages();
        String mapping;
        try (CopyRing ring = new CopyRing(256 << 20)) {
            int entry = ring.allocate(3 * CopyRing.PAGE);
            ring.bytes(entry).fill((byte) 1);
            mapping = Long.toHexString(ring.address(entry)) + "-";
            assertThat(mappings()).contains(mapping);
            assertThat(residentPages() - before).isLessThan((128 << 20) / CopyRing.PAGE);
        }
        assertThat(mappings()).doesNotContain("\n" + mapping);
    }

    private static long residentPages() throws IOException {
        return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
    }

    private static String mappings() throws IOException {
        return Files.readString(Path.of("/proc/self/maps"));
    }
}
