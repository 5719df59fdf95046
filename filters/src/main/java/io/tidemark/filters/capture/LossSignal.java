// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.disk.change.ChangeLog.GapReason;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether some loop of the disk has lost a change: seen by all loops and by the capture thread.
 *
 * <p>A loop raises it before it completes the lost change to the guest. Whatever the guest does because of that completion
 * is taken by a loop that sees the signal (the guest's own barriers lie between), so it isn't captured as if nothing
 * had happened; and the capture thread, which looks after it has read an event, sees it before any later event. Events
 * that were in the ring before are still exact.
 */
final class LossSignal {
    private final AtomicReference<Loss> current = new AtomicReference<>();

    /** The loss that is in force, or null. */
    Loss current() {
        return current.get();
    }

    /**
     * Puts a loss in force unless one is already. True if it is this one.
     *
     * @param after the capture ring's cursor, read before
     */
    boolean raise(GapReason reason, long time, long after) {
        return current.get() == null && current.compareAndSet(null, new Loss(reason, time, after));
    }

    /** Ends the loss. Only once the gap is open. */
    void clear(Loss loss) {
        current.compareAndSet(loss, null);
    }
}
