// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import java.util.Optional;

/**
 * What is on its way to the store.
 *
 * @param memoryBytes compressed, in memory
 * @param spoolBytes in the spool; 0 if nothing there is needed
 * @param spoolLimit how large the spool may become; 0 without one
 * @param memoryRoom whether memory is at most half full
 * @param oldestNanos age of the oldest of it
 * @param trouble whether the store fails or doesn't answer
 * @param spoolFailed whether the spool's disk refuses
 * @param reason why it isn't in the store, if it takes longer than it should
 */
public record OutboxStatus(
        long memoryBytes,
        long spoolBytes,
        long spoolLimit,
        boolean memoryRoom,
        long oldestNanos,
        boolean trouble,
        boolean spoolFailed,
        Optional<String> reason) {
    /** Whether the store keeps up: a sync may add to what it has to take. */
    public boolean isFlowing() {
        return !trouble && memoryRoom && spoolBytes <= spoolLimit / 4;
    }

    /** All of it. */
    public long bytes() {
        return memoryBytes + spoolBytes;
    }

    /** Whether it waits for a store that fails, hangs, or is too slow. */
    public boolean isSpooling() {
        return spoolBytes > 0 || trouble;
    }
}
