// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class InFlightTest {
    private final InFlight inFlight = new InFlight(8);

    private CompletableFuture<Void> settle() {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        inFlight.whenSettled(answer);
        return answer;
    }

    @Test
    void isSettledAtOnceWhenNothingIsUnderWay() {
        assertThat(settle()).isDone();
        assertThat(settle()).isDone();
    }

    @Test
    void waitsForOldChangesAndNotForNewOnes() {
        inFlight.begin(0);
        CompletableFuture<Void> settled = settle();
        inFlight.begin(1);
        assertThat(settled).isNotDone();
        inFlight.end(0);
        assertThat(settled).isDone();
        inFlight.end(1);
        assertThat(settle()).isDone();
    }

    @Test
    void aSecondWaitCoversWhatCameSinceTheFirst() {
        inFlight.begin(0);
        CompletableFuture<Void> first = settle();
        inFlight.begin(1);
        CompletableFuture<Void> second = settle();
        inFlight.end(0);
        assertThat(first).isDone();
        assertThat(second).isNotDone();
        inFlight.begin(2);
        inFlight.end(1);
        assertThat(second).isDone();
        inFlight.end(2);
    }
}
