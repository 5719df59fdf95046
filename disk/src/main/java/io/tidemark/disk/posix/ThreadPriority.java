// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How much of the processors a thread gets when there are too few, and how soon it makes room for one that wakes. */
public final class ThreadPriority {
    private static final int PRIO_PROCESS = 0;
    private static final int CALLER = 0;

    /** A third of what a thread of the data path gets. */
    private static final int BEHIND = 5;

    /** The most that there is: a hundredth of what others get. */
    private static final int LAST = 19;

    // System calls that the C library has no functions for, or not long enough; x86-64.
    private static final long IOPRIO_SET = 251;
    private static final long SCHED_SETATTR = 314;

    private static final int IOPRIO_WHO_PROCESS = 1;
    /** IOPRIO_CLASS_IDLE &lt;&lt; IOPRIO_CLASS_SHIFT. */
    private static final int IOPRIO_IDLE = 3 << 13;

    /** Its waking doesn't push another thread off its processor (sched(7)). */
    private static final int SCHED_BATCH = 3;

    /**
     * Nanoseconds at a time, more than the 3 ms that a thread gets who doesn't ask. The kernel (from 6.12 on) lets a thread that wakes push one
     * off which has asked for more than it; else that would first run on to the end of its time, which is many of a guest's requests.
     * Not much more, for so much seldomer it is a thread's turn when all processors are busy.
     */
    private static final long SLICE = 10_000_000;

    private ThreadPriority() {}

    /** Lets the calling thread stand back behind those that a guest waits for. Without the right to do so nothing changes. */
    public static void standBack() {
        batch(Math.max(BEHIND, nice()));
    }

    /**
     * Lets the calling thread work with what nobody else wants of the processors, and of the storage where its scheduler
     * knows priorities.
     */
    public static void comeLast() {
        batch(LAST);
        Libc.C.syscall(IOPRIO_SET, IOPRIO_WHO_PROCESS, CALLER, IOPRIO_IDLE);
    }

    /** The fields of struct sched_attr by their offsets: sched_setattr(2). Where that is refused, niceness alone may not be. */
    private static void batch(int nice) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(48, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, (int) attributes.byteSize());
            attributes.set(ValueLayout.JAVA_INT, 4, SCHED_BATCH);
            attributes.set(ValueLayout.JAVA_INT, 16, nice);
            attributes.set(ValueLayout.JAVA_LONG, 24, SLICE);
            if (Libc.C.syscall(SCHED_SETATTR, CALLER, attributes.address(), 0) != 0) {
                Libc.C.setpriority(PRIO_PROCESS, CALLER, nice);
            }
        }
    }

    /** The calling thread's nice value. */
    static int nice() {
        return Libc.C.getpriority(PRIO_PROCESS, CALLER);
    }
}
