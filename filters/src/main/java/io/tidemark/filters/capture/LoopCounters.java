// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import java.util.concurrent.atomic.AtomicLong;

/** What a loop has captured so far. Written by the loop's thread, read by anyone. */
final class LoopCounters {
    final AtomicLong changes = new AtomicLong();
    final AtomicLong copiedBytes = new AtomicLong();
    final AtomicLong lostChanges = new AtomicLong();

    /** There is one writer, so no atomic addition is needed. */
    static void add(AtomicLong counter, long amount) {
        counter.setOpaque(counter.getPlain() + amount);
    }
}
