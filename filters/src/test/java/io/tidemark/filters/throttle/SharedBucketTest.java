// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loops on threads of their own take from one bucket. */
@Timeout(60)
class SharedBucketTest {
    private static final int THREADS = 4;
    private static final int EACH = 200_000;

    @Test
    void everyTurnIsGivenOnce() throws Exception {
        int burst = 1000;
        Bucket bucket = new Bucket(LimitKind.IOPS, new Limit(1_000_000, burst), 0, 0);
        long[][] turns = new long[THREADS][EACH];
        CountDownLatch ready = new CountDownLatch(THREADS);
        Thread[] threads = new Thread[THREADS];
        for (int i = 0; i < THREADS; i++) {
            long[] mine = turns[i];
            threads[i] = Thread.ofPlatform().start(() -> {
                ready.countDown();
                try {
                    ready.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                for (int n = 0; n < EACH; n++) {
                    mine[n] = bucket.take(1, 0);
                }
            });
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long[] all = Arrays.stream(turns).flatMapToLong(Arrays::stream).sorted().toArray();
        long[] expected = LongStream.range(0, (long) THREADS * EACH)
                .map(n -> Math.max(0, (n + 1 - burst) * 1000))
                .toArray();
        assertThat(all).isEqualTo(expected);
        // And to each thread in the order of its asking.
        for (long[] mine : turns) {
            assertThat(mine).isSorted();
        }
    }

    @Test
    void whileTimeGoesOnNoIntervalGetsMoreThanItsShare() throws Exception {
        long rate = 5_000_000;
        long burst = 50;
        long origin = System.nanoTime();
        Bucket bucket = new Bucket(LimitKind.IOPS, new Limit(rate, burst), 0, 0);
        long[][] turns = new long[THREADS][EACH / 4];
        Thread[] threads = new Thread[THREADS];
        for (int i = 0; i < THREADS; i++) {
            long[] mine = turns[i];
            threads[i] = Thread.ofPlatform().start(() -> {
                for (int n = 0; n < mine.length; n++) {
                    mine[n] = bucket.take(1, System.nanoTime() - origin);
                    if (n % 1000 == 0) {
                        Thread.yield();
                    }
                }
            });
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long[] all = Arrays.stream(turns).flatMapToLong(Arrays::stream).sorted().toArray();
        long cost = 1_000_000_000 / rate;
        // Whoever asks with a time that others have gone beyond meanwhile is told a time that is past: no more than one
        // each.
        long most = burst + THREADS;
        for (int from = 0; from + most < all.length; from++) {
            assertThat(all[(int) (from + most)] - all[from]).isGreaterThanOrEqualTo(cost);
        }
    }
}
