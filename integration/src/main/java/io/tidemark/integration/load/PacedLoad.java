// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.LabException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * Random writes of 4 KiB, one at a time on each queue and so many a second, far from all that the disk could do: how long each
 * takes is what the data path takes, and not a queue before it.
 */
public final class PacedLoad implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BLOCK = 4096;

    private final BlkioDisk disk;
    private final long pauseNanos;
    private final long blocks;
    private final long seed;
    private final Recorder latencies = new Recorder(3);
    private final List<CompletableFuture<Void>> ends = new ArrayList<>();
    private volatile boolean ending;

    /** @param rate writes per second on each queue */
    public PacedLoad(BlkioDisk disk, int rate, long seed) {
        this.disk = disk;
        this.pauseNanos = TimeUnit.SECONDS.toNanos(1) / rate;
        this.seed = seed;
        this.blocks = disk.capacity() / BLOCK;
        // Before the threads start: libblkio asks the backend, which is for one thread at a time.
        long buffers = disk.allocate((long) BLOCK * disk.queues()).address();
        for (int i = 0; i < disk.queues(); i++) {
            int queue = i;
            ends.add(CompletableFuture.runAsync(
                    () -> run(queue, buffers + (long) queue * BLOCK),
                    task -> Thread.ofPlatform().name("load").start(task)));
        }
    }

    private void run(int index, long buffer) {
        BlkioQueue queue = disk.queue(index);
        SplittableRandom random = new SplittableRandom(seed + index);
        long due = System.nanoTime();
        while (!ending) {
            due = Math.max(due + pauseNanos, System.nanoTime() - pauseNanos);
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            long begin = System.nanoTime();
            queue.write(random.nextLong(blocks) * BLOCK, buffer, BLOCK, 0);
            queue.submitAndReap(1);
            if (queue.result(0) != 0) {
                throw new LabException("a request failed with errno " + -queue.result(0));
            }
            latencies.recordValue(System.nanoTime() - begin);
        }
    }

    /** How long writes take, in nanoseconds, for that long from now on. */
    public Histogram during(Duration time) {
        latencies.reset();
        long end = System.nanoTime() + time.toNanos();
        Await.until("the end of a window", time.plus(PATIENCE), () -> {
            ends.stream().filter(CompletableFuture::isDone).forEach(CompletableFuture::join);
            return System.nanoTime() - end >= 0;
        });
        return latencies.getIntervalHistogram();
    }

    @Override
    public void close() {
        ending = true;
        Await.until("the end of the load", PATIENCE, () -> ends.stream().allMatch(CompletableFuture::isDone));
    }
}
