// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.oracle;

import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioException;
import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.process.LabException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/**
 * Random writes, write-zeroes, discards and flushes on all queues of a disk that was empty, in any number; while it runs, what any
 * point of the disk's history shows can be compared with all that was sent.
 *
 * <p>Each queue has its own {@link Plot}s. The order in which changes of different plots took effect is the backend's matter, but that
 * of two of which one was sent behind the other's completion: any state must have the former if it has the latter.
 */
public final class OracleLoad implements AutoCloseable {
    private static final long TICK_NANOS = 20_000_000;
    private static final long REST_NANOS = 1_000_000;
    private static final int FLUSH_EVERY = 200;
    private static final long FLUSH_TAG = -1;

    private final BlkioDisk disk;
    private final List<List<Plot>> plots = new ArrayList<>();
    private final ExecutorService threads;
    private final List<Future<?>> running = new ArrayList<>();
    private final long goalOfPlot;
    private volatile long allowed;
    private volatile boolean stopping;

    /**
     * @param depth changes in flight on each queue
     * @param changes how many there are to be, in all
     */
    public OracleLoad(BlkioDisk disk, int depth, long changes, long seed) {
        this.disk = disk;
        this.goalOfPlot = (changes + (long) disk.queues() * depth - 1) / ((long) disk.queues() * depth);
        this.threads = Executors.newFixedThreadPool(disk.queues());
        for (int q = 0; q < disk.queues(); q++) {
            List<Plot> own = new ArrayList<>();
            for (int i = 0; i < depth; i++) {
                own.add(new Plot(q * depth + i, disk.allocate(Plot.bufferBytes()), seed));
            }
            plots.add(own);
        }
    }

    /** How large a disk must be. */
    public static long bytes(int queues, int depth) {
        return Plot.BYTES * queues * depth;
    }

    /** Begins; nothing is sent before {@link #allow}. */
    public void start() {
        for (int q = 0; q < plots.size(); q++) {
            BlkioQueue queue = disk.queue(q);
            List<Plot> own = plots.get(q);
            running.add(threads.submit(() -> run(queue, own)));
        }
    }

    /** Lets so many changes in all be sent, about: what is more waits. */
    public void allow(long changes) {
        allowed = changes;
    }

    /** Whether all is done. Throws if a request has failed. */
    public boolean isDone() {
        if (!running.stream().allMatch(Future::isDone)) {
            return false;
        }
        try {
            for (Future<?> each : running) {
                each.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("load: interrupted", e);
        } catch (ExecutionException e) {
            throw new LabException("load: " + e.getCause().getMessage(), e);
        }
        return true;
    }

    private void run(BlkioQueue queue, List<Plot> own) {
        int first = own.getFirst().index();
        Deque<Plot> idle = new ArrayDeque<>(own);
        int inFlight = 0;
        long changes = 0;
        while (true) {
            while (!idle.isEmpty() && !stopping && sent() < allowed) {
                Plot plot = idle.poll();
                if (plot.sent() < goalOfPlot) {
                    plot.submit(queue);
                    inFlight++;
                }
            }
            if (inFlight == 0 && (stopping || own.stream().allMatch(plot -> plot.sent() == goalOfPlot))) {
                return;
            }
            int done = queue.submitAndReap(inFlight == 0 ? 0 : 1, TICK_NANOS);
            for (int i = 0; i < done; i++) {
                inFlight--;
                if (queue.result(i) != 0) {
                    throw new BlkioException("a request failed with errno " + -queue.result(i));
                }
                if (queue.tag(i) == FLUSH_TAG) {
                    continue;
                }
                Plot plot = own.get((int) queue.tag(i) - first);
                plot.acknowledge();
                idle.add(plot);
                if (++changes % FLUSH_EVERY == 0) {
                    queue.flush(FLUSH_TAG);
                    inFlight++;
                }
            }
            if (inFlight == 0) {
                LockSupport.parkNanos(REST_NANOS);
            }
        }
    }

    /** Changes that were sent. */
    public long sent() {
        long sum = 0;
        for (List<Plot> own : plots) {
            for (Plot plot : own) {
                sum += plot.sent();
            }
        }
        return sum;
    }

    /**
     * Finds out which state of the disk this is. Throws if it never was one: a plot that never looked like that, or a change that is
     * missing though another is there which was sent when the former had been acknowledged.
     *
     * @param content all of the disk
     */
    public Seen look(MemorySegment content) {
        long fewest = 0;
        long most = 0;
        long newest = Long.MIN_VALUE;
        long missing = Long.MAX_VALUE;
        for (List<Plot> own : plots) {
            for (Plot plot : own) {
                Plot.Counts counts = plot.find(content);
                fewest += counts.fewest();
                most += counts.most();
                newest = Math.max(newest, plot.sentAt(counts.fewest()));
                missing = Math.min(missing, plot.acknowledgedAt(counts.most() + 1));
            }
        }
        if (missing < newest) {
            throw new LabException("a change is missing that was acknowledged " + (newest - missing) / 1000
                    + " us before another was sent, which is there");
        }
        return new Seen(fewest, most, newest, missing);
    }

    /** Sends nothing more, and waits for what is in flight. */
    @Override
    public void close() {
        stopping = true;
        threads.close();
    }

    /**
     * A state of the disk.
     *
     * @param fewest changes that make it
     * @param most likewise: more than the fewest, if some changed nothing
     * @param newestSent when the newest change in it was sent, by {@link System#nanoTime}
     * @param missingAcknowledged when the first change that isn't in it was acknowledged, if it was
     */
    public record Seen(long fewest, long most, long newestSent, long missingAcknowledged) {
        /** Whether it may be what the disk was at some time, all that is between the two included. */
        public boolean isAt(long earliest, long latest) {
            return newestSent <= latest && missingAcknowledged >= earliest;
        }
    }
}
