// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import java.time.Instant;
import java.util.List;

/**
 * What touched a range of a disk, newest first.
 *
 * @param offset of the range, in bytes
 * @param length of the range, in bytes
 * @param more whether there are older ones that were left out
 */
public record BlameReport(String disk, long offset, long length, List<Touch> touches, boolean more) {
    /**
     * @param write the write number; of what was read in a gap, the write that it follows
     * @param kind write, zero, discard; read or read-zero for what was read from the disk in a gap
     * @param offset of the whole request, in bytes
     * @param length of the whole request, in bytes
     */
    public record Touch(long write, Instant time, String kind, long offset, long length) {}
}
