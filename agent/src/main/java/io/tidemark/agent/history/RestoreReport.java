// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import java.time.Instant;

/**
 * What was restored.
 *
 * @param write the state after this write
 * @param time when that write completed
 * @param bytes the size of the image
 * @param written bytes of content written to it by this command; the rest reads as zeros, or was written before
 * @param seconds how long it took
 */
public record RestoreReport(
        String disk, long write, Instant time, String image, long bytes, long written, double seconds) {}
