// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An alarm that rings in a loop's io_uring, some tens of microseconds late at the most on an idle machine. Confined to the
 * ring's thread; setting it allocates nothing.
 */
public final class RingTimer {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int NONE = 0;

    private final IoUring ring;
    private final Runnable expired;
    private final int target;

    /** {@code struct __kernel_timespec} (uapi/linux/time_types.h): seconds and nanoseconds, 64 bits each. */
    private final MemorySegment timespec = Arena.ofAuto().allocate(16, 8);

    private int lastToken = NONE;

    /** The token of the timeout that counts; those before it are told apart by theirs. */
    private int pending = NONE;

    /** @param expired called on the ring's thread, while it reaps */
    public RingTimer(IoUring ring, Runnable expired) {
        this.ring = ring;
        this.expired = expired;
        this.target = ring.register(this::completed);
    }

    /** Rings once, in so many nanoseconds from the next entry of the kernel on, and not when it was to ring before. */
    public void set(long nanos) {
        cancel();
        long later = Math.max(nanos, 0);
        // A timeout that the kernel hasn't been handed yet reads this too. It doesn't count any more.
        timespec.set(ValueLayout.JAVA_LONG, 0, later / NANOS_PER_SECOND);
        timespec.set(ValueLayout.JAVA_LONG, 8, later % NANOS_PER_SECOND);
        lastToken = lastToken == Integer.MAX_VALUE ? NONE + 1 : lastToken + 1;
        pending = lastToken;
        ring.prepareTimeout(timespec.address(), target, pending);
    }

    /** Doesn't ring. */
    public void cancel() {
        if (pending != NONE) {
            ring.prepareTimeoutRemove(target, pending);
            pending = NONE;
        }
    }

    private void completed(int token, int result, boolean more) {
        if (token == pending) {
            pending = NONE;
            expired.run();
        }
    }
}
