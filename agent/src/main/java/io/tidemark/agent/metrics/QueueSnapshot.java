// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.metrics;

import io.tidemark.disk.Request;
import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What one queue has counted since it was started, at one moment. Counters that belong together are read a little after
 * one another.
 *
 * @param nanos System.nanoTime when it was taken
 * @param kinds one for each kind of request
 * @param failed requests of any kind that were refused or failed
 * @param inFlight requests taken and not yet completed
 * @param oldestNanos how long the oldest of them is on its way; 0 if there is none
 * @param kicks times that the guest's kick woke the queue
 * @param interrupts interrupts sent to the guest
 * @param pollHits times that polling found work
 * @param sleeps times that the queue went to sleep
 */
public record QueueSnapshot(
        int index,
        long nanos,
        Map<Request.Kind, OfKind> kinds,
        long failed,
        long inFlight,
        long oldestNanos,
        long kicks,
        long interrupts,
        long pollHits,
        long sleeps) {

    /** @param latencies in nanoseconds, from the avail ring to the used ring */
    public record OfKind(long requests, long bytes, Histogram latencies) {
        OfKind since(OfKind earlier) {
            Histogram between = latencies.copy();
            between.subtract(earlier.latencies);
            return new OfKind(requests - earlier.requests, bytes - earlier.bytes, between);
        }
    }

    /** Completed requests of all kinds. */
    public long requests() {
        return kinds.values().stream().mapToLong(OfKind::requests).sum();
    }

    /** Requests that came without a kick: the queue found them by itself, or along with others. */
    public long kicksSaved() {
        return Math.max(0, requests() - kicks);
    }

    /** Requests that were given back without an interrupt of their own. */
    public long interruptsSaved() {
        return Math.max(0, requests() - interrupts);
    }

    /** What was counted after the earlier one; what is in flight is as it is now. */
    public QueueSnapshot since(QueueSnapshot earlier) {
        Map<Request.Kind, OfKind> between = new EnumMap<>(Request.Kind.class);
        kinds.forEach((kind, now) -> between.put(kind, now.since(earlier.kinds.get(kind))));
        return new QueueSnapshot(
                index,
                nanos,
                between,
                failed - earlier.failed,
                inFlight,
                oldestNanos,
                kicks - earlier.kicks,
                interrupts - earlier.interrupts,
                pollHits - earlier.pollHits,
                sleeps - earlier.sleeps);
    }
}
