// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;

/**
 * What a store holds of one disk.
 *
 * @param capacity the disk's size in bytes
 * @param horizon the oldest point that can be restored; null if nothing can yet
 * @param intervals where points are restorable, oldest first
 * @param gaps where single points are missing, oldest first
 * @param marks named points, oldest first
 * @param running whether an agent writes the history now
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record HistoryReport(
        String disk,
        String store,
        long capacity,
        Horizon horizon,
        List<Interval> intervals,
        List<Gap> gaps,
        List<Mark> marks,
        Counts counts,
        Sizes sizes,
        boolean running) {
    public record Horizon(long write, Instant time) {}

    /**
     * States between the writes {@code firstWrite} and {@code lastWrite}, both included, are restorable.
     *
     * @param from time of the first of these states
     * @param to time of the last
     * @param granularity which of them: {@link #EVERY_WRITE}; a span as in rules, {@code 1h}, for the one at each full hour;
     *     {@code state} for single ones that no rule keeps, but a locked mark or a reader
     * @param states how many there are
     */
    public record Interval(long firstWrite, long lastWrite, Instant from, Instant to, String granularity, long states) {
        public static final String EVERY_WRITE = "write";
    }

    /**
     * @param reason why single points are missing
     * @param afterWrite the last write before it
     * @param untilWrite the first state after it that is restorable, or null while it lasts
     * @param to when it ended, or null while it lasts
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Gap(String reason, long afterWrite, Long untilWrite, Instant from, Instant to) {}

    /** @param locked whether it survives every rule of retention */
    public record Mark(String name, long write, Instant time, boolean locked) {}

    /** How many of each are recorded. */
    public record Counts(long writes, long zeroes, long discards, long flushes) {}

    /**
     * In bytes.
     *
     * @param written content that the guest wrote since the history's begin, zeros left out
     * @param synced content that was read from the disk, to begin the history or to end a gap
     * @param data what content takes in the store, packed or as it was written
     * @param metadata what the log of records takes
     * @param index what layers take
     * @param stored all of these
     * @param ratio stored bytes for each byte that was written or read; 0 if there is none
     */
    public record Sizes(long written, long synced, long data, long metadata, long index, long stored, double ratio) {
        public static Sizes of(long written, long synced, long data, long metadata, long index) {
            long stored = data + metadata + index;
            long recorded = written + synced;
            return new Sizes(
                    written,
                    synced,
                    data,
                    metadata,
                    index,
                    stored,
                    recorded == 0 ? 0 : Math.round(1000.0 * stored / recorded) / 1000.0);
        }
    }
}
