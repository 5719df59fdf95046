// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;

/**
 * How far a disk's history is.
 *
 * @param since when it came into this state; null for a disk without a store
 * @param store where the history lies, or null for a disk without one
 * @param gapReason why single points are missing now, or null
 * @param position the last write number given
 * @param durable the last write number that is on the store's stable storage
 * @param lagWrites recorded writes that are not durable yet
 * @param lagBytes captured bytes that are not durable yet
 * @param lagMicros age of the oldest write that is not durable yet, in microseconds
 * @param captured changes that were handed to the history since the agent's start
 * @param copiedBytes bytes that were copied for that; none while protection is off or paused
 * @param lost writes that could not be captured since the agent's start
 * @param spool what waits for the store, or null when nothing has to
 * @param sync how far the reading of the disk is, or null when none runs
 * @param lastError what went wrong last, or null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ProtectionStatus(
        State state,
        Instant since,
        String store,
        String gapReason,
        long position,
        long durable,
        long lagWrites,
        long lagBytes,
        long lagMicros,
        long captured,
        long copiedBytes,
        long lost,
        SpoolStatus spool,
        SyncStatus sync,
        String lastError) {
    /** The states of docs/architecture.md. */
    public enum State {
        OFF,
        SYNCING,
        PROTECTED,
        DEGRADED,
        PAUSED,
        FAILED
    }

    /** What a disk without a store says. */
    public static ProtectionStatus off() {
        return new ProtectionStatus(State.OFF, null, null, null, 0, 0, 0, 0, 0, 0, 0, 0, null, null, null);
    }
}
