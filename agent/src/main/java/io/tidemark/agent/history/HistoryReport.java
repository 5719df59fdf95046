// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;

/**
 * What a store holds of one disk.
 *
 * @param capacity the disk's size in bytes
 * @param intervals where every single point is restorable, oldest first
 * @param gaps where it is not, oldest first
 * @param marks named points, oldest first
 * @param running whether an agent writes the history now
 */
public record HistoryReport(
        String disk,
        String store,
        long capacity,
        List<Interval> intervals,
        List<Gap> gaps,
        List<Mark> marks,
        Counts counts,
        Sizes sizes,
        boolean running) {
    /**
     * The states after the writes {@code firstWrite} to {@code lastWrite} are restorable.
     *
     * @param from time of the first of these states
     * @param to time of the last
     */
    public record Interval(long firstWrite, long lastWrite, Instant from, Instant to) {
        /** How many writes lie in it. */
        public long writes() {
            return lastWrite - firstWrite;
        }
    }

    /**
     * @param reason why single points are missing
     * @param afterWrite the last write before it
     * @param untilWrite the first state after it that is restorable, or null while it lasts
     * @param to when it ended, or null while it lasts
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Gap(String reason, long afterWrite, Long untilWrite, Instant from, Instant to) {}

    public record Mark(String name, long write, Instant time) {}

    /** How many of each are recorded. */
    public record Counts(long writes, long zeroes, long discards, long flushes) {}

    /**
     * In bytes.
     *
     * @param written content that the guest wrote, zeros left out
     * @param synced content that was read from the disk, to begin the history or to end a gap
     * @param data what it takes, packed or not
     * @param metadata what records and layers take
     */
    public record Sizes(long written, long synced, long data, long metadata) {
        /** How much smaller the store is than what it holds: 0.6 is 60 % smaller. */
        public double saved() {
            long recorded = written + synced;
            return recorded == 0 ? 0 : 1 - (double) (data + metadata) / recorded;
        }
    }
}
