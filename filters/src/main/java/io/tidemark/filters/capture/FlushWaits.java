// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import java.util.concurrent.TimeUnit;

/**
 * Flushes that the image has, and that wait for the history to have them durably. By the capture thread; nothing is allocated
 * while there are no more of them than there were before.
 *
 * <p>They wait only while the history promises something: from the end of a gap to the next. A store that doesn't make its promise
 * good within some seconds is not waited for any more until it has caught up.
 */
final class FlushWaits {
    /** Told that a flush waits no more; returns at once. */
    @FunctionalInterface
    interface Waiter {
        void waitsNoMore(int requestId);
    }

    /** Guests give their disks thirty seconds or more. */
    static final long LONGEST = TimeUnit.SECONDS.toNanos(5);

    private static final long NOT = -1;

    private Waiter[] waiters = new Waiter[16];
    private int[] ids = new int[16];
    private long[] covered = new long[16];
    private int first;
    private int count;
    private long oldest;
    private boolean promised;

    /** What must be durable before somebody waits again; {@link #NOT} if they do. */
    private volatile long suspendedUntil = NOT;

    boolean isEmpty() {
        return count == 0;
    }

    boolean isSuspended() {
        return suspendedUntil != NOT;
    }

    /** Whether a flush would wait. */
    boolean isPromised() {
        return promised && suspendedUntil == NOT;
    }

    void promise() {
        promised = true;
    }

    /** Nothing more is promised: nobody waits. */
    void release() {
        promised = false;
        goOnUpTo(Long.MAX_VALUE);
    }

    /** @param number the write that must be durable */
    void add(Waiter waiter, int requestId, long number, long now) {
        if (!isPromised()) {
            waiter.waitsNoMore(requestId);
            return;
        }
        if (count == ids.length) {
            grow();
        }
        int at = (first + count) % ids.length;
        waiters[at] = waiter;
        ids[at] = requestId;
        covered[at] = number;
        oldest = count == 0 ? now : oldest;
        count++;
    }

    /** A store that has caught up is waited for again. */
    void caughtUp(long durable) {
        if (suspendedUntil != NOT && durable >= suspendedUntil) {
            suspendedUntil = NOT;
        }
    }

    /** Lets go who has waited for no more than this, or for too long. @return whether the store has just been given up */
    boolean look(long durable, long position, long now) {
        if (goOnUpTo(durable)) {
            oldest = now;
        }
        if (count > 0 && now - oldest > LONGEST) {
            suspendedUntil = position;
            goOnUpTo(Long.MAX_VALUE);
            return true;
        }
        return false;
    }

    /** Numbers ascend: they were reached in this order, or nearly, and who is behind another waits a little longer. */
    private boolean goOnUpTo(long durable) {
        boolean any = false;
        while (count > 0 && covered[first] <= durable) {
            Waiter waiter = waiters[first];
            waiters[first] = null;
            int id = ids[first];
            first = (first + 1) % ids.length;
            count--;
            any = true;
            waiter.waitsNoMore(id);
        }
        return any;
    }

    private void grow() {
        Waiter[] moreWaiters = new Waiter[2 * ids.length];
        int[] moreIds = new int[2 * ids.length];
        long[] moreCovered = new long[2 * ids.length];
        for (int i = 0; i < count; i++) {
            int at = (first + i) % ids.length;
            moreWaiters[i] = waiters[at];
            moreIds[i] = ids[at];
            moreCovered[i] = covered[at];
        }
        waiters = moreWaiters;
        ids = moreIds;
        covered = moreCovered;
        first = 0;
    }
}
