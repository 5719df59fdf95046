// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/**
 * How long a loop looks for work before it goes to sleep, in nanoseconds. Waking up costs the guest some 5 to 50
 * microseconds, so it is worth looking that long, but only while work really comes that fast: the time is doubled when
 * the loop was woken soon after it fell asleep, and halved when it slept long. An idle loop doesn't look at all.
 */
final class IdlePolling {
    static final long LONGEST = 50_000;
    private static final long SHORTEST = 4_000;

    private long window = LONGEST;

    /** How long to look now. */
    long window() {
        return window;
    }

    /** The loop has been idle for so long, looking and asleep, until work came. */
    void idled(long nanos) {
        if (nanos <= LONGEST) {
            window = Math.min(LONGEST, Math.max(SHORTEST, window * 2));
        } else {
            window = window <= SHORTEST ? 0 : window / 2;
        }
    }
}
