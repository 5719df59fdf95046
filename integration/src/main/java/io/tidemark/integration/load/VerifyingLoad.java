// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioException;
import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * Random writes, write-zeroes and discards on all queues of a disk at once, with flushes in between, on a disk that was empty;
 * afterwards any image can be compared with every state that the disk has been in.
 */
public final class VerifyingLoad {
    private static final long TICK_NANOS = 50_000_000;
    private static final int FLUSH_EVERY = 64;
    private static final long FLUSH_TAG = -1;

    private final BlkioDisk disk;
    private final List<List<Lane>> lanes = new ArrayList<>();
    private volatile boolean stopping;
    private volatile boolean givingUp;
    private volatile long paceNanos;
    private final LongAccumulator longestPause = new LongAccumulator(Math::max, 0);
    private final ConcurrentHistogram latencies = new ConcurrentHistogram(TimeUnit.MINUTES.toNanos(2), 2);

    /** @param depth changes in flight on each queue */
    public VerifyingLoad(BlkioDisk disk, int depth, long seed) {
        this.disk = disk;
        if (bytes(disk.queues(), depth) > disk.capacity()) {
            throw new LabException("the disk is smaller than " + bytes(disk.queues(), depth) + " bytes");
        }
        for (int q = 0; q < disk.queues(); q++) {
            List<Lane> own = new ArrayList<>();
            for (int i = 0; i < depth; i++) {
                own.add(new Lane(q * depth + i, disk.allocate(Lane.bufferBytes()), seed));
            }
            lanes.add(own);
        }
    }

    /** How large a disk must be. */
    public static long bytes(int queues, int depth) {
        return Lane.BYTES * queues * depth;
    }

    /** Lets no lane start anything more; those of a dead backend are given up within a moment. */
    public void stop() {
        givingUp = true;
        stopping = true;
    }

    /** Lets no lane start anything more; all that is in flight is waited for. */
    public void finish() {
        stopping = true;
    }

    /** How long each queue rests between looking for completions; none at first. */
    public void pace(Duration rest) {
        paceNanos = rest.toNanos();
    }

    /** Runs that many changes per lane, or until {@link #stop} or {@link #finish}; returns when nothing is in flight any more. */
    public void run(int changesPerLane) {
        try (ExecutorService threads = Executors.newFixedThreadPool(lanes.size())) {
            List<Future<?>> running = new ArrayList<>();
            for (int q = 0; q < lanes.size(); q++) {
                int queue = q;
                running.add(threads.submit(() -> run(disk.queue(queue), lanes.get(queue), changesPerLane)));
            }
            for (Future<?> one : running) {
                one.get(120, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("load: interrupted", e);
        } catch (ExecutionException e) {
            throw new LabException("load: " + e.getCause().getMessage(), e);
        } catch (TimeoutException e) {
            stop();
            throw new LabException("load: not done after 120 s", e);
        }
    }

    private void run(BlkioQueue queue, List<Lane> own, int changesPerLane) {
        int first = own.getFirst().index();
        int goal = own.getFirst().submitted() + changesPerLane;
        int inFlight = 0;
        long changes = 0;
        long before = System.nanoTime();
        long[] began = new long[own.size()];
        Arrays.fill(began, before);
        for (Lane lane : own) {
            lane.submit(queue);
            inFlight++;
        }
        while (inFlight > 0) {
            int done = queue.submitAndReap(1, TICK_NANOS);
            if (done == 0 && givingUp) {
                return;
            }
            if (done > 0) {
                long now = System.nanoTime();
                longestPause.accumulate(now - before);
                before = now;
            }
            for (int i = 0; i < done; i++) {
                inFlight--;
                if (queue.result(i) != 0) {
                    throw new BlkioException("a request failed with errno " + -queue.result(i));
                }
                if (queue.tag(i) == FLUSH_TAG) {
                    continue;
                }
                Lane lane = own.get((int) queue.tag(i) - first);
                lane.acknowledge();
                long now = System.nanoTime();
                latencies.recordValue(
                        Math.min(now - began[lane.index() - first], latencies.getHighestTrackableValue()));
                if (!stopping && lane.submitted() < goal) {
                    began[lane.index() - first] = now;
                    lane.submit(queue);
                    inFlight++;
                }
                if (++changes % FLUSH_EVERY == 0 && !stopping) {
                    queue.flush(FLUSH_TAG);
                    inFlight++;
                }
            }
            LockSupport.parkNanos(paceNanos);
        }
    }

    /** The longest time that a queue waited for its next completion, since this was asked last. */
    public Duration longestPause() {
        return Duration.ofNanos(longestPause.getThenReset());
    }

    /** What 99 % of the changes took at most since this was asked last, the load's own rest included. */
    public Duration p99() {
        long p99 = latencies.getValueAtPercentile(99);
        latencies.reset();
        return Duration.ofNanos(p99);
    }

    /** Changes that the backend has acknowledged. */
    public long acknowledged() {
        return all().stream().mapToLong(Lane::acknowledged).sum();
    }

    /** Changes that were sent. */
    public long submitted() {
        return all().stream().mapToLong(Lane::submitted).sum();
    }

    /** Throws unless the image is the state after exactly that many changes, each lane's in their order. */
    public void checkState(Path image, long changes) {
        long[] range = reach(image, false);
        if (changes < range[0] || changes > range[1]) {
            throw new LabException("%s: holds %d to %d changes, not %d".formatted(image, range[0], range[1], changes));
        }
    }

    /** Throws unless each lane is in a state that it has been in, whichever. */
    public void checkPossible(Path image) {
        reach(image, false);
    }

    /** Throws unless the image holds every acknowledged change, and nothing that was never sent. */
    public void checkNothingLost(Path image) {
        reach(image, true);
    }

    /** The least and the most changes that this image may be the result of. */
    private long[] reach(Path image, boolean acknowledgedAtLeast) {
        long least = 0;
        long most = 0;
        try (Arena arena = Arena.ofConfined();
                FileChannel file = FileChannel.open(image, StandardOpenOption.READ)) {
            MemorySegment content = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena);
            for (Lane lane : all()) {
                List<Integer> counts = lane.statesOn(content);
                if (acknowledgedAtLeast && counts.getLast() < lane.acknowledged()) {
                    throw new LabException("%s: holds %d changes of a lane, %d were acknowledged"
                            .formatted(image, counts.getLast(), lane.acknowledged()));
                }
                least += counts.getFirst();
                most += counts.getLast();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new long[] {least, most};
    }

    private List<Lane> all() {
        return lanes.stream().flatMap(List::stream).toList();
    }
}
