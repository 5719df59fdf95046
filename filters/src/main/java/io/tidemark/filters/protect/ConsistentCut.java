// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.filters.capture.Capture;
import io.tidemark.filters.capture.Cut;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Makes cuts over disks that are protected, one after the other, and counts them. May be used by any thread. */
public final class ConsistentCut {
    /** How long guests' completions may be held back at the most. */
    private static final Duration LIMIT = Duration.ofMillis(50);

    private final AtomicLong made = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong lastNanos = new AtomicLong();
    private final AtomicLong longestNanos = new AtomicLong();

    /**
     * Gives one moment of all these disks a name in their histories.
     *
     * @param disks at least one; they share a clock
     * @throws io.tidemark.filters.FilterException naming the disk that is not protected, or has kept it from being made
     */
    public synchronized Cut make(String name, List<Protection> disks) {
        try {
            List<Capture> captures = disks.stream().map(Protection::recorded).toList();
            Cut cut = Cut.make(name, captures, disks.getFirst().clock(), LIMIT);
            made.incrementAndGet();
            lastNanos.set(cut.held().toNanos());
            longestNanos.accumulateAndGet(cut.held().toNanos(), Math::max);
            return cut;
        } catch (RuntimeException e) {
            refused.incrementAndGet();
            throw e;
        }
    }

    public long made() {
        return made.get();
    }

    public long refused() {
        return refused.get();
    }

    /** For how long the last one has held completions back, in nanoseconds. */
    public long lastNanos() {
        return lastNanos.get();
    }

    /** The longest of all. */
    public long longestNanos() {
        return longestNanos.get();
    }
}
