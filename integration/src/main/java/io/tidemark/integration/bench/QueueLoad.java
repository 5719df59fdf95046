// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import io.tidemark.integration.blkio.BlkioException;
import io.tidemark.integration.blkio.BlkioQueue;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;

/** Keeps one queue at its depth for a time and records each request's latency in nanoseconds. One thread, no allocation per request. */
final class QueueLoad implements Callable<Histogram> {
    static final long LONGEST_NANOS = 60_000_000_000L;

    private final BlkioQueue queue;
    private final Workload workload;
    private final Offsets offsets;
    private final long buffers;
    private final long nanos;
    private final int min;
    private final long[] started;
    private int sinceFlush;
    private final Histogram latencies = new Histogram(LONGEST_NANOS, 3);

    /**
     * @param buffers depth × block size bytes that the backend can reach
     * @param polling look for completions without ever waiting
     */
    QueueLoad(BlkioQueue queue, Workload workload, Offsets offsets, long buffers, long nanos, boolean polling) {
        this.queue = queue;
        this.workload = workload;
        this.offsets = offsets;
        this.buffers = buffers;
        this.nanos = nanos;
        this.min = polling ? 0 : 1;
        this.started = new long[workload.depth()];
    }

    @Override
    public Histogram call() {
        long now = System.nanoTime();
        long end = now + nanos;
        int inFlight = 0;
        for (int slot = 0; slot < started.length; slot++) {
            inFlight += submit(slot, now) ? 1 : 0;
        }
        while (inFlight > 0) {
            int done = queue.submitAndReap(min);
            now = System.nanoTime();
            for (int i = 0; i < done; i++) {
                int slot = (int) queue.tag(i);
                if (queue.result(i) != 0) {
                    throw new BlkioException(workload.name() + ": a request failed with errno " + -queue.result(i));
                }
                latencies.recordValue(Math.min(now - started[slot], LONGEST_NANOS));
                if (now >= end || !submit(slot, now)) {
                    inFlight--;
                }
            }
        }
        return latencies;
    }

    /** @return false if there is nothing more to do */
    private boolean submit(int slot, long now) {
        started[slot] = now;
        long address = buffers + (long) slot * workload.blockSize();
        if (++sinceFlush == workload.flushEvery()) {
            sinceFlush = 0;
            queue.flush(slot);
            return true;
        }
        long offset = offsets.next();
        if (offset == Offsets.END) {
            return false;
        }
        if (workload.write()) {
            queue.write(offset, address, workload.blockSize(), slot);
        } else {
            queue.read(offset, address, workload.blockSize(), slot);
        }
        return true;
    }
}
