// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;

/**
 * What is kept of a history, and what goes.
 *
 * @param rules as {@code 12h:write/24h:1h/3d:1d}, or {@code all}
 * @param quota in bytes; null, none
 * @param singlesSince when the single writes that stay begin; null if nothing is written yet
 * @param kept the states that are kept before them, oldest first
 * @param goes what has gone, or in a preview would go
 * @param bytes what the history takes
 * @param putOff why something stays that was to go; null if nothing does
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RetentionReport(
        String disk,
        String rules,
        Long quota,
        Instant singlesSince,
        List<Kept> kept,
        Going goes,
        long bytes,
        String putOff) {
    /** A state that is kept. */
    public record Kept(long write, Instant time) {}

    /**
     * @param states how many kept states
     * @param firstWrite the first of the single writes; 0 if there are none
     * @param lastWrite the last of them
     */
    public record Going(int states, long firstWrite, long lastWrite) {}
}
