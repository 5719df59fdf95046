// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

import io.tidemark.disk.StepLoop;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** Claims of 4 KiB: with nobody in the way among 31 others, behind another, and of two loops at once. */
@State(Scope.Benchmark)
public class RangeLockBench {
    private static final int DEPTH = 32;
    private static final long BLOCK = 4096;
    private static final long APART = 1L << 40;

    private final RangeLock lock = new RangeLock();

    /** One loop's way into the lock, with its other requests holding their ranges. */
    @State(Scope.Thread)
    public static class OneLoop {
        private RangeLock.Lane lane;
        private long place;
        private int granted = -1;

        @Setup
        public void claimOthers(RangeLockBench bench) {
            lane = bench.lock.lane(new StepLoop(DEPTH), request -> granted = request);
            place = Thread.currentThread().threadId() * APART;
            for (int i = 2; i < DEPTH; i++) {
                lane.acquire(i, place + i * BLOCK * 100, BLOCK);
            }
        }
    }

    @Benchmark
    public boolean free(OneLoop loop) {
        boolean held = loop.lane.acquire(0, loop.place, BLOCK);
        loop.lane.release(0);
        return held;
    }

    /** Two operations: the one that holds and the one that waits for it. */
    @Benchmark
    public int overlapping(OneLoop loop) {
        loop.lane.acquire(0, loop.place, BLOCK);
        if (loop.lane.acquire(1, loop.place + 512, BLOCK)) {
            throw new IllegalStateException("overlapping claims were both granted");
        }
        loop.lane.release(0);
        loop.lane.release(1);
        return loop.granted;
    }

    @Benchmark
    @Threads(2)
    public boolean freeTwoLoops(OneLoop loop) {
        return free(loop);
    }
}
