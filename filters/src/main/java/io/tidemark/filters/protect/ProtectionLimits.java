// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.filters.capture.CaptureLimits;
import java.time.Duration;

/**
 * What protection may use, and how patient it is.
 *
 * @param capture how much may wait for the log
 * @param retryPause between a failure and the next attempt
 * @param firstBackoff between a loss and capturing again; doubled while losses repeat before the gap could be closed
 * @param longestBackoff what doubling ends at
 * @param intentRound how long a region of the intent map is not changed before it may be closed: between this and twice this
 */
public record ProtectionLimits(
        CaptureLimits capture,
        Duration retryPause,
        Duration firstBackoff,
        Duration longestBackoff,
        Duration intentRound) {
    public static final ProtectionLimits DEFAULT = new ProtectionLimits(
            CaptureLimits.DEFAULT, Duration.ofSeconds(10), Duration.ofMillis(20), Duration.ofSeconds(5));

    /** With rounds of half a minute. */
    public ProtectionLimits(
            CaptureLimits capture, Duration retryPause, Duration firstBackoff, Duration longestBackoff) {
        this(capture, retryPause, firstBackoff, longestBackoff, Duration.ofSeconds(30));
    }
}
