// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

/** How much of the processors a thread gets when there are too few. */
public final class ThreadPriority {
    private static final int PRIO_PROCESS = 0;
    private static final int CALLER = 0;

    /** A third of what a thread of the data path gets; and its waking doesn't push one of those off its processor. */
    private static final int BEHIND = 5;

    private ThreadPriority() {}

    /** Lets the calling thread stand back behind those that a guest waits for. Without the right to do so nothing changes. */
    public static void standBack() {
        if (Libc.C.getpriority(PRIO_PROCESS, CALLER) < BEHIND) {
            Libc.C.setpriority(PRIO_PROCESS, CALLER, BEHIND);
        }
    }

    /** The calling thread's nice value. */
    static int nice() {
        return Libc.C.getpriority(PRIO_PROCESS, CALLER);
    }
}
