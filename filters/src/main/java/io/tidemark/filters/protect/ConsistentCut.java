// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.filters.capture.Capture;
import io.tidemark.filters.capture.Cut;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Makes cuts over disks that are protected, one after the other, and counts them. May be used by any thread. */
public final class ConsistentCut {
    /** For how long a cut is tried again while a history is too far behind. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final AtomicLong made = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    /**
     * Gives one moment of all these disks a name in their histories.
     *
     * @param disks at least one; they share a clock
     * @throws io.tidemark.filters.FilterException naming the disk that is not protected, or has kept it from being made
     */
    public synchronized Cut make(String name, List<Protection> disks) {
        try {
            List<Capture> captures = disks.stream().map(Protection::recorded).toList();
            Cut cut = Cut.make(name, captures, disks.getFirst().clock(), PATIENCE);
            made.incrementAndGet();
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
}
