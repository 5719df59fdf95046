// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.Request;

/**
 * How long a loop looks for work before it goes to sleep, in nanoseconds. Waking up costs the guest 5 to 50 microseconds, so it is
 * worth looking, but only for what comes soon.
 *
 * <p>For requests of the guest it looks while they come often: a loop that was idle for longer than {@link #OFTEN} looks less the next
 * time, down to not at all. At the worst a loop spends a tenth of its idle time looking; an idle disk costs nothing.
 *
 * <p>For the image it looks up to twice as long as its reads and writes take, as long as these take {@link #SOON} or less, or
 * {@link #SOON_ALONE} where there is just one. Where they take longer, by the image or by a deep queue, waking up adds little; and the
 * processor may be wanted by what is waited for.
 *
 * <p>That is why it gives way to other threads as it looks, except for an image which is about to answer: such a one doesn't need this
 * machine's processors for it.
 */
final class IdlePolling {
    private static final long LONGEST = 50_000;
    private static final long SHORTEST = 4_000;
    private static final long OFTEN = 10 * LONGEST;

    /** From measurements of images that take 0.06 to 1.2 ms: docs/performance.md. */
    private static final long SOON = 300_000;

    private static final long SOON_ALONE = 400_000;

    /** An image that takes longer may well have threads of this machine work for it. */
    private static final long BY_ITSELF = 100_000;

    /** A request that took longer says no more of the next ones than that. */
    private static final long MOST_COUNTED = 4 * SOON;

    /** A read or write weighs one part of so many in the mean. */
    private static final int PARTS = 16;

    private long window = LONGEST;

    /** What a read or write takes: a running mean. */
    private long usual;

    /** How long to look now. @param awaited how many requests are on their way */
    long window(int awaited) {
        if (awaited == 0) {
            return window;
        }
        return usual <= (awaited == 1 ? SOON_ALONE : SOON) ? Math.max(2 * usual, LONGEST) : 0;
    }

    /** Whether other threads are let through between two looks. @param nanos how long it has looked */
    boolean givesWay(int awaited, long nanos) {
        return awaited == 0 || nanos > BY_ITSELF;
    }

    /** The loop has been idle for so long, looking and asleep, until work came. @param awaited how many requests were on their way */
    void idled(long nanos, int awaited) {
        if (nanos <= OFTEN) {
            window = LONGEST;
        } else if (awaited == 0) {
            window = window <= SHORTEST ? 0 : window / 2;
        }
    }

    /** A request has taken so long. */
    void completed(Request request, long nanos) {
        if (request.kind() == Request.Kind.READ || request.kind() == Request.Kind.WRITE) {
            usual += (Math.min(nanos, MOST_COUNTED) - usual) / PARTS;
        }
    }
}
