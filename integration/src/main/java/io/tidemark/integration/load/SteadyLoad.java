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
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;

/** Random reads and writes of one size, so many in flight on each queue, from now until {@link #finish}; and how fast they go. */
public final class SteadyLoad implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long LOOK_NANOS = 50_000_000;

    private final BlkioDisk disk;
    private final int blockSize;
    private final int depth;
    private final double writes;
    private final long blocks;
    private final long seed;
    private final AtomicLong readCount = new AtomicLong();
    private final AtomicLong writeCount = new AtomicLong();
    private final List<CompletableFuture<Void>> ends = new ArrayList<>();
    private volatile boolean finishing;
    private volatile boolean givingUp;

    /** @param writes how many of the requests are writes: 0 to 1 */
    public SteadyLoad(BlkioDisk disk, int depth, int blockSize, double writes, long seed) {
        this.disk = disk;
        this.depth = depth;
        this.blockSize = blockSize;
        this.writes = writes;
        this.seed = seed;
        // Before the threads start: libblkio asks the backend, which is for one thread at a time.
        this.blocks = disk.capacity() / blockSize;
        long each = (long) depth * blockSize;
        long buffers = disk.allocate(each * disk.queues()).address();
        for (int i = 0; i < disk.queues(); i++) {
            int queue = i;
            ends.add(CompletableFuture.runAsync(
                    () -> run(queue, buffers + queue * each),
                    task -> Thread.ofPlatform().name("load").start(task)));
        }
    }

    private void run(int index, long buffers) {
        BlkioQueue queue = disk.queue(index);
        SplittableRandom random = new SplittableRandom(seed + index);
        boolean[] writing = new boolean[depth];
        for (int slot = 0; slot < depth; slot++) {
            submit(queue, random, buffers, slot, writing);
        }
        int inFlight = depth;
        while (inFlight > 0 && !givingUp) {
            int done = queue.submitAndReap(1, LOOK_NANOS);
            for (int i = 0; i < done; i++) {
                int slot = (int) queue.tag(i);
                if (queue.result(i) != 0) {
                    throw new LabException("a request failed with errno " + -queue.result(i));
                }
                (writing[slot] ? writeCount : readCount).incrementAndGet();
                if (finishing) {
                    inFlight--;
                } else {
                    submit(queue, random, buffers, slot, writing);
                }
            }
        }
    }

    private void submit(BlkioQueue queue, SplittableRandom random, long buffers, int slot, boolean[] writing) {
        long offset = random.nextLong(blocks) * blockSize;
        long address = buffers + (long) slot * blockSize;
        writing[slot] = random.nextDouble() < writes;
        if (writing[slot]) {
            queue.write(offset, address, blockSize, slot);
        } else {
            queue.read(offset, address, blockSize, slot);
        }
    }

    public long reads() {
        return readCount.get();
    }

    public long writes() {
        return writeCount.get();
    }

    public long completed() {
        return reads() + writes();
    }

    /** Waits until so many more requests are complete. */
    public void awaitMore(long requests) {
        long goal = completed() + requests;
        await("a load that goes on: " + requests + " more requests", () -> completed() >= goal);
    }

    /** Requests per second, between a completion now and one after that time. */
    public double rate(Duration time) {
        awaitMore(1);
        long before = completed();
        long began = System.nanoTime();
        await("the end of the measurement", () -> System.nanoTime() - began >= time.toNanos());
        awaitMore(1);
        long nanos = System.nanoTime() - began;
        return (completed() - before) * 1e9 / nanos;
    }

    /** Sends nothing more, and waits until all is answered. */
    public void finish() {
        finishing = true;
        await("the end of the load", () -> ends.stream().allMatch(CompletableFuture::isDone));
    }

    private void await(String what, java.util.function.BooleanSupplier condition) {
        Await.until(what, PATIENCE, () -> {
            check();
            return condition.getAsBoolean();
        });
        check();
    }

    private void check() {
        for (CompletableFuture<Void> end : ends) {
            if (end.isCompletedExceptionally()) {
                try {
                    end.join();
                } catch (CompletionException e) {
                    throw new LabException("load: " + e.getCause().getMessage(), e.getCause());
                }
            }
        }
    }

    /** Ends, whatever is in flight. */
    @Override
    public void close() {
        givingUp = true;
        Await.until("the end of the load", PATIENCE, () -> ends.stream().allMatch(CompletableFuture::isDone));
    }
}
