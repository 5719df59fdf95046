// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.Request.Kind;
import org.junit.jupiter.api.Test;

class IdlePollingTest {
    private static final long MICROSECOND = 1_000;
    private static final long MILLISECOND = 1_000 * MICROSECOND;

    private final IdlePolling polling = new IdlePolling();

    private void complete(int count, Kind kind, long nanos) {
        Request request = new Request(0, new IoVector(1));
        request.begin(kind, 0, 0);
        for (int i = 0; i < count; i++) {
            polling.completed(request, nanos);
        }
    }

    @Test
    void anImageThatAnswersSoonIsAwaited() {
        complete(200, Kind.READ, 200 * MICROSECOND);

        assertThat(polling.window(1)).isBetween(200 * MICROSECOND, 400 * MICROSECOND);
    }

    @Test
    void aSlowImageIsNot() {
        complete(200, Kind.WRITE, 600 * MICROSECOND);

        assertThat(polling.window(1)).isZero();
        assertThat(polling.window(0)).isPositive();
    }

    /** Who waits for one request waits for all of the wake-up; with more on their way it is shared. */
    @Test
    void oneRequestIsAwaitedLongerThanMany() {
        complete(200, Kind.READ, 350 * MICROSECOND);

        assertThat(polling.window(1)).isPositive();
        assertThat(polling.window(2)).isZero();
    }

    /** A disk of its own answers without this processor; the guest, or a cluster on this machine, may need it. */
    @Test
    void othersAreLetThroughExceptWhileAnImageIsAboutToAnswer() {
        assertThat(polling.givesWay(0, 0)).isTrue();
        assertThat(polling.givesWay(1, 50 * MICROSECOND)).isFalse();
        assertThat(polling.givesWay(1, 150 * MICROSECOND)).isTrue();
    }

    @Test
    void oneThatBecomesFastIsAwaitedAgain() {
        complete(200, Kind.READ, MILLISECOND);
        complete(50, Kind.READ, 100 * MICROSECOND);

        assertThat(polling.window(1)).isGreaterThan(100 * MICROSECOND);
    }

    @Test
    void oneRequestThatTakesForEverChangesLittle() {
        complete(200, Kind.READ, 200 * MICROSECOND);
        complete(1, Kind.READ, 30_000 * MILLISECOND);

        assertThat(polling.window(1)).isLessThan(MILLISECOND);
        assertThat(polling.window(1)).isPositive();
    }

    @Test
    void aFlushSaysNothingOfReads() {
        complete(200, Kind.READ, 60 * MICROSECOND);
        complete(200, Kind.FLUSH, 10 * MILLISECOND);

        assertThat(polling.window(1)).isBetween(60 * MICROSECOND, 120 * MICROSECOND);
    }

    @Test
    void anIdleDiskCostsNothingSoon() {
        for (int i = 0; i < 10; i++) {
            polling.idled(MILLISECOND, 0);
        }
        assertThat(polling.window(0)).isZero();

        polling.idled(100 * MICROSECOND, 0);
        assertThat(polling.window(0)).isPositive();
    }

    /** The guest of a slow image sends its next request as soon as it has an answer. */
    @Test
    void waitingForTheImageSaysNothingOfTheGuest() {
        long before = polling.window(0);
        for (int i = 0; i < 10; i++) {
            polling.idled(10 * MILLISECOND, 1);
        }

        assertThat(polling.window(0)).isEqualTo(before);
    }
}
