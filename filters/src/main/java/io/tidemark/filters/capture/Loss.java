// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.disk.change.ChangeLog.GapReason;

/** The news that changes are not being captured any more. Each loss is an object of its own, known by its identity. */
public final class Loss {
    private final GapReason reason;
    private final long time;
    private final long after;

    Loss(GapReason reason, long time, long after) {
        this.reason = reason;
        this.time = time;
        this.after = after;
    }

    public GapReason reason() {
        return reason;
    }

    /** Microseconds since 1970. */
    public long time() {
        return time;
    }

    /** The last place in the capture ring that was certainly claimed before the loss: the gap begins behind it. */
    long after() {
        return after;
    }
}
