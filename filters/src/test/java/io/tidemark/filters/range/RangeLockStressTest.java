// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.ThreadLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/** Several threads claim ranges of one small disk. */
class RangeLockStressTest {
    private static final int LOOPS = 4;
    private static final int DEPTH = 8;
    private static final int ROUNDS = 20_000;
    private static final int BLOCKS = 64;
    private static final long BLOCK = 128 << 10;

    private final AtomicIntegerArray owners = new AtomicIntegerArray(BLOCKS * LOOPS);

    @Test
    void overlappingClaimsExcludeEachOtherAndEachIsGranted() throws Exception {
        long seed = System.nanoTime();
        System.out.println("RangeLockStressTest seed " + seed);
        run(seed, false);
    }

    @Test
    void disjointClaimsNeverWait() throws Exception {
        run(1, true);
    }

    private void run(long seed, boolean disjoint) throws Exception {
        RangeLock lock = new RangeLock();
        List<ThreadLoop> loops = new ArrayList<>();
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (int i = 0; i < LOOPS; i++) {
            ThreadLoop loop = new ThreadLoop("range-" + i, DEPTH);
            loops.add(loop);
            Claimer claimer = new Claimer(loop, new Random(seed + i), disjoint ? i * BLOCKS : 0, disjoint);
            ends.add(claimer.end);
            loop.execute(() -> claimer.start(lock));
        }
        for (CompletableFuture<Void> end : ends) {
            end.get(30, TimeUnit.SECONDS);
        }
        loops.forEach(ThreadLoop::close);
    }

    private final class Claimer {
        private final ThreadLoop loop;
        private final Random random;
        private final int firstBlock;
        private final boolean neverWaits;
        private final CompletableFuture<Void> end = new CompletableFuture<>();
        private final int[] from = new int[DEPTH];
        private final int[] to = new int[DEPTH];
        private RangeLock.Lane lane;
        private int left = ROUNDS;
        private int active = DEPTH;

        Claimer(ThreadLoop loop, Random random, int firstBlock, boolean neverWaits) {
            this.loop = loop;
            this.random = random;
            this.firstBlock = firstBlock;
            this.neverWaits = neverWaits;
        }

        void start(RangeLock lock) {
            lane = lock.lane(loop, this::granted);
            for (int id = 0; id < DEPTH; id++) {
                claim(id);
            }
        }

        private void claim(int id) {
            if (left-- <= 0) {
                if (--active == 0) {
                    end.complete(null);
                }
                return;
            }
            // one's own requests in flight must be disjoint too where nothing is to wait
            int width = neverWaits ? BLOCKS / DEPTH : BLOCKS;
            int start = neverWaits ? firstBlock + id * width : 0;
            from[id] = start + random.nextInt(width);
            to[id] = Math.min(start + width, from[id] + 1 + random.nextInt(random.nextInt(20) == 0 ? 30 : 3));
            boolean free = lane.acquire(id, from[id] * BLOCK, (to[id] - from[id]) * BLOCK);
            if (neverWaits && !free) {
                end.completeExceptionally(new AssertionError("a disjoint claim waits"));
            }
            if (free) {
                granted(id);
            }
        }

        private void granted(int id) {
            for (int block = from[id]; block < to[id]; block++) {
                if (!owners.compareAndSet(block, 0, 1)) {
                    end.completeExceptionally(new AssertionError("block " + block + " is held twice"));
                }
            }
            loop.execute(() -> release(id));
        }

        private void release(int id) {
            for (int block = from[id]; block < to[id]; block++) {
                owners.set(block, 0);
            }
            lane.release(id);
            claim(id);
        }
    }

    @Test
    void aLaterOverlapWaitsForAnEarlierOneThatWaits() {
        try (ThreadLoop loop = new ThreadLoop("range", 3)) {
            List<Integer> granted = new ArrayList<>();
            boolean[] free = loop.call(() -> {
                RangeLock.Lane lane = new RangeLock().lane(loop, granted::add);
                boolean[] answers = {lane.acquire(0, 0, 10), lane.acquire(1, 5, 10), lane.acquire(2, 10, 10)};
                lane.release(0);
                lane.release(1);
                return answers;
            });
            assertThat(free).containsExactly(true, false, false);
            assertThat(granted).containsExactly(1, 2);
        }
    }
}
