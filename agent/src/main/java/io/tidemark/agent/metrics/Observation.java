// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.metrics;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.metrics.QueueSnapshot.OfKind;
import io.tidemark.agent.status.DiskStats;
import io.tidemark.agent.status.KindStats;
import io.tidemark.agent.status.LatencyStatus;
import io.tidemark.agent.status.QueueStats;
import io.tidemark.agent.status.StatsPeriod;
import io.tidemark.disk.Request;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.HdrHistogram.Histogram;

/** Looks at a disk's counters: once, or twice with a time between. Whoever looks keeps no state, so any number may. */
public final class Observation {
    private static final double NANOS_PER_MICRO = 1000;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final Duration SHORTEST = Duration.ofMillis(10);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    /** Each keeps the histograms of its beginning in memory; the queue loops live there too. */
    private static final Semaphore AT_ONCE = new Semaphore(8);

    private Observation() {}

    /** @return the totals since the queues were started */
    public static DiskStats now(ServedDisk disk) {
        return stats(disk, disk.queues(), null);
    }

    /**
     * Waits that long, and returns the totals besides what was counted meanwhile.
     *
     * @throws AgentException USAGE, if the time is below 10 milliseconds or above 5 minutes; REFUSED, if too many wait already
     */
    public static DiskStats during(ServedDisk disk, Duration time) {
        if (time.compareTo(SHORTEST) < 0 || time.compareTo(LONGEST) > 0) {
            throw new AgentException(
                    Code.USAGE,
                    "interval",
                    time.toMillis() / 1000.0 + " seconds are out of range",
                    "choose 0.01 to " + LONGEST.toSeconds());
        }
        if (!AT_ONCE.tryAcquire()) {
            throw new AgentException(
                    Code.REFUSED, "interval", "others are being watched already", "ask for totals, or try again");
        }
        List<QueueSnapshot> before;
        List<QueueSnapshot> after;
        try {
            before = disk.queues();
            Thread.sleep(time);
            after = disk.queues();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AgentException(Code.FAILED, "interval", "the agent ends", "ask the next one");
        } finally {
            AT_ONCE.release();
        }
        List<QueueStats> between = new ArrayList<>();
        for (int i = 0; i < after.size(); i++) {
            between.add(of(after.get(i).since(before.get(i))));
        }
        double seconds = (after.getFirst().nanos() - before.getFirst().nanos()) / NANOS_PER_SECOND;
        return stats(disk, after, new StatsPeriod(seconds, between));
    }

    private static DiskStats stats(ServedDisk disk, List<QueueSnapshot> queues, StatsPeriod interval) {
        double seconds = (queues.getFirst().nanos() - disk.startedNanos()) / NANOS_PER_SECOND;
        StatsPeriod total =
                new StatsPeriod(seconds, queues.stream().map(Observation::of).toList());
        return new DiskStats(disk.config().id(), Clock.systemUTC().instant(), total, interval);
    }

    private static QueueStats of(QueueSnapshot queue) {
        return new QueueStats(
                queue.index(),
                of(queue.kinds().get(Request.Kind.READ)),
                of(queue.kinds().get(Request.Kind.WRITE)),
                of(queue.kinds().get(Request.Kind.FLUSH)),
                of(queue.kinds().get(Request.Kind.DISCARD)),
                of(queue.kinds().get(Request.Kind.WRITE_ZEROES)),
                queue.failed(),
                queue.inFlight(),
                queue.oldestNanos() / NANOS_PER_MICRO,
                queue.kicks(),
                queue.kicksSaved(),
                queue.interrupts(),
                queue.interruptsSaved(),
                queue.pollHits(),
                queue.sleeps());
    }

    private static KindStats of(OfKind kind) {
        return new KindStats(kind.requests(), kind.bytes(), latency(kind.latencies()));
    }

    /** In microseconds. */
    public static LatencyStatus latency(Histogram nanos) {
        return new LatencyStatus(
                nanos.getValueAtPercentile(50) / NANOS_PER_MICRO,
                nanos.getValueAtPercentile(99) / NANOS_PER_MICRO,
                nanos.getValueAtPercentile(99.9) / NANOS_PER_MICRO,
                nanos.getMaxValue() / NANOS_PER_MICRO);
    }
}
