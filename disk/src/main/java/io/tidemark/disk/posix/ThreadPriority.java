// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

/** How much of the processors a thread gets when there are too few. */
public final class ThreadPriority {
    private static final int PRIO_PROCESS = 0;
    private static final int CALLER = 0;

    /** A third of what a thread of the data path gets; and its waking doesn't push one of those off its processor. */
    private static final int BEHIND = 5;

    /** The most that there is: a hundredth of what others get. */
    private static final int LAST = 19;

    /** ioprio_set(2), which the C library has no function for; x86-64. */
    private static final long IOPRIO_SET = 251;

    private static final int IOPRIO_WHO_PROCESS = 1;
    /** IOPRIO_CLASS_IDLE &lt;&lt; IOPRIO_CLASS_SHIFT. */
    private static final int IOPRIO_IDLE = 3 << 13;

    private ThreadPriority() {}

    /** Lets the calling thread stand back behind those that a guest waits for. Without the right to do so nothing changes. */
    public static void standBack() {
        if (Libc.C.getpriority(PRIO_PROCESS, CALLER) < BEHIND) {
            Libc.C.setpriority(PRIO_PROCESS, CALLER, BEHIND);
        }
    }

    /**
     * Lets the calling thread work with what nobody else wants of the processors, and of the storage where its scheduler
     * knows priorities.
     */
    public static void comeLast() {
        Libc.C.setpriority(PRIO_PROCESS, CALLER, LAST);
        Libc.C.syscall(IOPRIO_SET, IOPRIO_WHO_PROCESS, CALLER, IOPRIO_IDLE);
    }

    /** The calling thread's nice value. */
    static int nice() {
        return Libc.C.getpriority(PRIO_PROCESS, CALLER);
    }
}
