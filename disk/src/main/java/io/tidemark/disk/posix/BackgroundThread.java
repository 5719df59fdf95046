// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

/**
 * Puts threads behind those that guests wait for. On a busy machine they get about a tenth of a processor that a queue loop
 * wants too, and none of the storage's time while that has other requests (where its scheduler knows priorities); on an idle one,
 * all they can use.
 */
public final class BackgroundThread {
    /** Weighs a ninth of the usual in the kernel's scheduler (sched_prio_to_weight). */
    private static final int NICE = 10;

    private static final int PRIO_PROCESS = 0;
    /** ioprio_set(2), which the C library has no function for; x86-64. */
    private static final long IOPRIO_SET = 251;

    private static final int IOPRIO_WHO_PROCESS = 1;
    /** IOPRIO_CLASS_IDLE &lt;&lt; IOPRIO_CLASS_SHIFT. */
    private static final int IDLE = 3 << 13;

    private static final int THIS_THREAD = 0;

    private BackgroundThread() {}

    /** Makes the calling thread one that guests don't wait for. Needs no privilege; can't be undone without one. */
    public static void enter() {
        // Neither can fail for one's own thread; where a kernel is built without, the thread is as urgent as others.
        Libc.C.setpriority(PRIO_PROCESS, THIS_THREAD, NICE);
        Libc.C.syscall(IOPRIO_SET, IOPRIO_WHO_PROCESS, THIS_THREAD, IDLE);
    }

    /** The task, run by a thread that {@linkplain #enter enters} first. */
    public static Runnable of(Runnable task) {
        return () -> {
            enter();
            task.run();
        };
    }
}
