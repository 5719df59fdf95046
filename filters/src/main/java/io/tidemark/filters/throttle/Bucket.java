// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One limit, shared by all loops of a disk: the generic cell rate algorithm (ITU-T I.371, annex A). The whole state is the
 * time at which the bucket will be full again; what a request takes puts it off. Any thread; no locks, no allocation.
 */
final class Bucket {
    private static final VarHandle TIME = MethodHandles.arrayElementVarHandle(long[].class);
    private static final double NANOS_PER_SECOND = 1e9;

    /** A debt of thirty-six years is as good as any larger one, and keeps sums from overflowing. */
    private static final long FOREVER = 1L << 60;

    /** In the middle of 128 bytes, so that loops that change it don't disturb who works beside it. */
    private static final int LENGTH = 16;

    private static final int AT = LENGTH / 2;

    private final LimitKind kind;
    private final double nanosEach;
    private final long burstNanos;
    private final long[] fullAt = new long[LENGTH];

    /** @param fullAt when the bucket is full again; a time in the past is a full bucket */
    Bucket(LimitKind kind, Limit limit, long now, long fullAt) {
        double exact = NANOS_PER_SECOND / limit.rate();
        this.kind = kind;
        // Times are whole nanoseconds, and rounded so that never more passes than may.
        this.nanosEach = kind.countsBytes() ? exact : Math.ceil(exact);
        this.burstNanos = (long) Math.ceil(limit.burst() * nanosEach);
        TIME.setVolatile(this.fullAt, AT, Math.min(fullAt, now + burstNanos));
    }

    LimitKind kind() {
        return kind;
    }

    long fullAt() {
        return (long) TIME.getVolatile(fullAt, AT);
    }

    /**
     * Takes so many requests or bytes out for somebody who waits for his turn; who comes after him has a later one.
     *
     * @return when his turn is; now, if the bucket holds so much
     */
    long take(long amount, long now) {
        long cost = Math.min(FOREVER, (long) Math.ceil(amount * nanosEach));
        while (true) {
            long full = (long) TIME.getVolatile(fullAt, AT);
            long from = Math.max(full, now);
            if (TIME.compareAndSet(fullAt, AT, full, Math.min(from + cost, now + FOREVER))) {
                return Math.max(now, from + Math.min(cost, burstNanos) - burstNanos);
            }
        }
    }
}
