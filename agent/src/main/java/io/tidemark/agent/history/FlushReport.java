// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import java.time.Instant;
import java.util.List;

/**
 * Flushes of a disk's guest, oldest first.
 *
 * @param all how many are recorded in the whole history
 */
public record FlushReport(String disk, long all, List<Flush> flushes) {
    /**
     * @param write all writes up to this one were on the image's stable storage
     * @param time when it completed
     */
    public record Flush(long write, Instant time) {}
}
