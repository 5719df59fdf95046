// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.filters.capture.CaptureStatistics;
import java.time.Instant;
import java.util.Optional;

/**
 * How a disk's protection stands.
 *
 * @param since when it came into this state
 * @param gap why single points are not restorable at the moment, if a gap is open
 * @param capture what was captured since the agent's start, and how far the log is behind
 * @param dirtyBytes of missed changes that wait to be read back
 * @param syncedBytes how much the sync that runs (or ran last) has read, or skipped as holes
 * @param syncBytes how much it has to read in all
 * @param losses how often changes were lost since protection last began
 * @param error why protection failed last, if it has not been whole since
 */
public record ProtectionStatus(
        ProtectionState state,
        Instant since,
        Optional<GapReason> gap,
        CaptureStatistics capture,
        long dirtyBytes,
        long syncedBytes,
        long syncBytes,
        long losses,
        Optional<String> error) {}
