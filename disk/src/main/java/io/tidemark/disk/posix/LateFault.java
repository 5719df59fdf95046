// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

/**
 * Where the InternalError of memory that has vanished (its file was cut) surfaces. Compiled code goes on behind the access, and
 * throws at its next safepoint poll, which may be far away, between two steps that belong together. This is a poll.
 *
 * <p>Belongs to one thread. Costs a call that is never inlined, a few nanoseconds: the compiler sees three targets in turn.
 */
public final class LateFault {
    private interface Way {
        int next();
    }

    private static final Way[] WAYS = {() -> 1, () -> 2, () -> 0};

    private int way;

    /** @throws InternalError when memory that was touched before this was not there */
    public void surface() {
        way = WAYS[way].next();
    }

    /** Likewise, for any thread, and some tens of nanoseconds: a native method. */
    public static void surfaceNow() {
        boolean _ = Thread.holdsLock(WAYS);
    }
}
