// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/**
 * How long a loop looks for work before it goes to sleep, in nanoseconds. Waking up costs the guest 5 to 50 microseconds,
 * so it is worth looking, but only while work comes often: a loop that was idle for longer than {@link #OFTEN} looks less
 * the next time, down to not at all. At the worst a loop spends a tenth of its idle time looking; an idle disk costs nothing.
 */
final class IdlePolling {
    private static final long LONGEST = 50_000;
    private static final long SHORTEST = 4_000;
    private static final long OFTEN = 10 * LONGEST;

    private long window = LONGEST;

    /** How long to look now. */
    long window() {
        return window;
    }

    /** The loop has been idle for so long, looking and asleep, until work came. */
    void idled(long nanos) {
        if (nanos <= OFTEN) {
            window = LONGEST;
        } else {
            window = window <= SHORTEST ? 0 : window / 2;
        }
    }
}
