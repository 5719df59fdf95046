// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.posix.EventFd;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IoUringTest {
    @Test
    void aPollTellsEachSignalUntilItIsRemoved() {
        List<Integer> tokens = new ArrayList<>();
        List<Integer> results = new ArrayList<>();
        try (IoUring ring = new IoUring(4, 4);
                EventFd event = new EventFd()) {
            int target = ring.register((token, result, more) -> {
                tokens.add(token);
                results.add(result);
            });
            ring.preparePoll(event.fd(), target, 7);
            ring.enter(0);
            for (int i = 1; i <= 3; i++) {
                event.signal();
                while (tokens.size() < i) {
                    ring.enter(1);
                    ring.reap();
                }
            }
            ring.preparePollRemove(target, 7);
            while (tokens.size() < 4) {
                ring.enter(1);
                ring.reap();
            }
            assertThat(tokens).containsOnly(7);
            assertThat(results.subList(0, 3)).allMatch(result -> result > 0);
            assertThat(results.getLast()).isNegative();
        }
    }

    @Test
    void moreOperationsThanTheSubmissionQueueHoldsAreHandedOverInBetween() {
        int[] signals = {0};
        try (IoUring ring = new IoUring(4, 64)) {
            int target = ring.register((token, result, more) -> signals[0]++);
            for (int i = 0; i < 50; i++) {
                ring.prepare(Opcode.FSYNC, -1, 0, 0, 0, 0, target, i);
            }
            while (signals[0] < 50) {
                ring.enter(1);
                ring.reap();
            }
            assertThat(ring.hasPrepared()).isFalse();
        }
    }

    @Test
    void theKernelTakesTheLimitOfItsWorkers() {
        try (IoUring ring = new IoUring(4, 64)) {
            assertThat(ring.limitWorkers(3)).isPositive();
            assertThat(ring.limitWorkers(2)).isEqualTo(3);
        }
    }
}
