// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.filters.capture.Capture;
import org.junit.jupiter.api.Test;

class SyncPlanTest {
    private static final long BLOCK = Capture.DIRTY_BLOCK;
    private static final long CAPACITY = 10 * BLOCK + 512;

    private final SyncPlan plan = new SyncPlan(CAPACITY);

    private void miss(long offset, long length) {
        BlockSet blocks = new BlockSet(Capture.DIRTY_BLOCK);
        blocks.add(offset, length);
        plan.add(blocks);
    }

    @Test
    void beginsWithTheWholeDisk() {
        assertThat(plan.next()).isEqualTo(new SyncPlan.Range(0, CAPACITY, false));
        plan.readUpTo(CAPACITY);
        assertThat(plan.isDone()).isTrue();
    }

    @Test
    void missedPlacesComeFirstAndEndWithTheDisk() {
        plan.readUpTo(2 * BLOCK);
        miss(CAPACITY - 512, 512);
        miss(BLOCK + 5, 1);
        assertThat(plan.missedBytes()).isEqualTo(BLOCK + 512);
        assertThat(plan.next()).isEqualTo(new SyncPlan.Range(BLOCK, 2 * BLOCK, true));
        plan.readUpTo(BLOCK + 4096);
        assertThat(plan.next()).isEqualTo(new SyncPlan.Range(BLOCK + 4096, 2 * BLOCK, true));
        miss(3 * BLOCK, 1);
        plan.readUpTo(2 * BLOCK);
        plan.readUpTo(4 * BLOCK);
        assertThat(plan.next()).isEqualTo(new SyncPlan.Range(10 * BLOCK, CAPACITY, true));
        plan.readUpTo(CAPACITY);
        assertThat(plan.missedBytes()).isZero();
        assertThat(plan.next()).isEqualTo(new SyncPlan.Range(2 * BLOCK, CAPACITY, false));
        plan.readUpTo(CAPACITY);
        assertThat(plan.isDone()).isTrue();
    }
}
