// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import java.time.Duration;

/**
 * How a restore is done.
 *
 * @param threads how many read the store and write the target
 * @param windowExtents how many extents are put in order at once, 28 bytes each; a block of the store is read once for each
 *     window that needs something of it
 * @param taskBytes what a thread does at a time
 * @param interval how often what is done is made to last, so that an interrupted restore goes on from there
 */
public record RestoreOptions(int threads, int windowExtents, long taskBytes, Duration interval) {
    /** More than two processors: while some wait for the store or the target, others unpack. Each takes up to 30 MiB. */
    private static final int THREADS = 4;

    public static final RestoreOptions DEFAULT =
            new RestoreOptions(THREADS, 2_000_000, 16L << 20, Duration.ofSeconds(1));
}
