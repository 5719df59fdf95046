// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.Request;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * What a queue loop counts. Written by the loop alone, with opaque stores that cost no more than plain ones; read by
 * anybody, a little late.
 */
public final class QueueCounters {
    /** Latencies are kept from 1 microsecond to a minute, to two digits. */
    private static final long HIGHEST_NANOS = 60_000_000_000L;

    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int KINDS = Request.Kind.values().length;

    private static final int REQUESTS = 0;
    private static final int BYTES = KINDS;
    private static final int ERRORS = 2 * KINDS;
    private static final int KICKS = ERRORS + 1;
    private static final int INTERRUPTS = KICKS + 1;
    private static final int POLL_HITS = INTERRUPTS + 1;
    private static final int SLEEPS = POLL_HITS + 1;
    private static final int IN_FLIGHT = SLEEPS + 1;
    private static final int LENGTH = IN_FLIGHT + 1;

    private final long[] counts = new long[LENGTH];
    private final SingleWriterRecorder[] recorders = new SingleWriterRecorder[KINDS];
    private final Histogram[] totals = new Histogram[KINDS];

    /** What the recorders fill by turns. */
    private final Histogram[] spares = new Histogram[KINDS];

    QueueCounters() {
        for (int i = 0; i < KINDS; i++) {
            recorders[i] = new SingleWriterRecorder(1000, HIGHEST_NANOS, 2);
            totals[i] = new Histogram(1000, HIGHEST_NANOS, 2);
        }
    }

    private void add(int counter, long amount) {
        COUNTS.setOpaque(counts, counter, counts[counter] + amount);
    }

    private long get(int counter) {
        return (long) COUNTS.getOpaque(counts, counter);
    }

    void completed(Request request, int status, long nanos) {
        int kind = request.kind().ordinal();
        add(REQUESTS + kind, 1);
        add(BYTES + kind, request.length());
        if (status != 0) {
            add(ERRORS, 1);
        }
        recorders[kind].recordValue(Math.min(nanos, HIGHEST_NANOS));
    }

    void refused() {
        add(ERRORS, 1);
    }

    void kicked() {
        add(KICKS, 1);
    }

    void interrupted() {
        add(INTERRUPTS, 1);
    }

    void pollHit() {
        add(POLL_HITS, 1);
    }

    void slept() {
        add(SLEEPS, 1);
    }

    void inFlight(int requests) {
        COUNTS.setOpaque(counts, IN_FLIGHT, (long) requests);
    }

    /** How many requests of the kind have completed, well or not. */
    public long requests(Request.Kind kind) {
        return get(REQUESTS + kind.ordinal());
    }

    /** How many bytes of the disk the requests of the kind covered. */
    public long bytes(Request.Kind kind) {
        return get(BYTES + kind.ordinal());
    }

    /** How many requests were refused or failed. */
    public long errors() {
        return get(ERRORS);
    }

    /** How often the loop was woken by the guest's kick. */
    public long kicks() {
        return get(KICKS);
    }

    /** How many interrupts the guest was sent. */
    public long interrupts() {
        return get(INTERRUPTS);
    }

    /** How often polling found work before the loop went to sleep. */
    public long pollHits() {
        return get(POLL_HITS);
    }

    /** How often the loop went to sleep. */
    public long sleeps() {
        return get(SLEEPS);
    }

    /** How many requests are on their way. */
    public long inFlight() {
        return get(IN_FLIGHT);
    }

    /** The latencies, in nanoseconds, of all requests of the kind since the start. Any thread; a copy. */
    public synchronized Histogram latencies(Request.Kind kind) {
        int index = kind.ordinal();
        spares[index] = recorders[index].getIntervalHistogram(spares[index]);
        totals[index].add(spares[index]);
        return totals[index].copy();
    }
}
