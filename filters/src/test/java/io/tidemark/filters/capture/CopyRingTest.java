// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
