// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

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
}
