// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GenerationsTest {
    private final Generations generations = new Generations();

    @Test
    void whoWaitsIsToldWhenAllThatWasBeforeIsComplete() {
        int first = generations.enter();
        CompletableFuture<Void> done = begin();
        int second = generations.enter();
        generations.leave(second);
        assertThat(done).isNotDone();
        generations.leave(first);
        assertThat(done).isCompleted();
        assertThat(begin()).isCompleted();
    }

    /** An error has struck before a request that had left was counted as such. */
    @Test
    void countingAnewSetsRightWhatAnErrorHasLeft() {
        int lost = generations.enter();
        int kept = generations.enter();
        CompletableFuture<Void> done = begin();
        int later = generations.enter();
        assertThat(lost).isEqualTo(kept);
        generations.recount();
        generations.count(kept);
        generations.count(later);
        generations.recounted();
        assertThat(generations.inFlight()).isEqualTo(2);
        assertThat(done).isNotDone();
        generations.leave(kept);
        assertThat(done).isCompleted();
        generations.leave(later);
        assertThat(generations.inFlight()).isZero();

        generations.enter();
        CompletableFuture<Void> nobody = begin();
        generations.recount();
        generations.recounted();
        assertThat(nobody).isCompleted();
        assertThat(generations.isAwaited()).isFalse();
    }

    private CompletableFuture<Void> begin() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        generations.begin(done);
        return done;
    }
}
