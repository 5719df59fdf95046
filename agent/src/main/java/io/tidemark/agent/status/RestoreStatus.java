// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;

/**
 * A restore of a disk in place.
 *
 * @param at the point as it was asked for; null if there was none
 * @param write the state after this write
 * @param time when that write completed
 * @param undo the mark that names the disk's state before it
 * @param doneBytes how far it is, of {@code totalBytes}; what may differ is read and checked first, then written
 * @param writtenBytes what really differed and was written
 * @param error why it failed
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RestoreStatus(
        String disk,
        State state,
        String at,
        Long write,
        Instant time,
        String undo,
        long doneBytes,
        long totalBytes,
        long writtenBytes,
        String error) {
    /** How it stands. */
    public enum State {
        /** There was none since the agent started. */
        NONE,
        RUNNING,
        DONE,
        /** It failed, and nothing was changed. */
        FAILED,
        /** The disk is restored in part: no guest gets it before it is restored to some point. */
        UNFINISHED
    }

    public static RestoreStatus none(String disk) {
        return new RestoreStatus(disk, State.NONE, null, null, null, null, 0, 0, 0, null);
    }
}
