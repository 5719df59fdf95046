// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import java.time.Instant;

/**
 * Which extents of a disk were changed between two of its states. There may be very many, so they come one by one.
 *
 * @param from the state before; write 0 without a time for nothing at all
 * @param to the state after
 * @param exact whether content was compared; if not, what was written with what it was before is among them
 */
public record ChangedReport(String disk, long capacity, State from, State to, boolean exact) {
    public record State(long write, Instant time) {}

    /**
     * @param offset in bytes
     * @param length in bytes
     * @param zero whether all of it is zero in the state after
     */
    public record Extent(long offset, long length, boolean zero) {}

    /** Takes them, ascending. */
    public interface Sink {
        void begin(ChangedReport report);

        void extent(Extent extent);
    }
}
