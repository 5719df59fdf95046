// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

/**
 * A bucket that fills at a rate and holds a burst. Over any time {@code t} no more passes than {@code rate * t + burst}; a
 * request that is larger than the whole burst passes when the bucket is full, and is paid off after it.
 *
 * @param rate requests or bytes each second; at least 1
 * @param burst how many requests or bytes may pass at once when the disk did less before; at least 1
 */
public record Limit(long rate, long burst) {
    /** A tenth of a second's worth evens out what a guest sends, and hardly shows. */
    private static final long DEFAULT_BURSTS_A_SECOND = 10;

    /** A limit with a burst of a tenth of a second's worth. */
    public static Limit of(long rate) {
        return new Limit(rate, Math.max(1, rate / DEFAULT_BURSTS_A_SECOND));
    }
}
