// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import java.time.Instant;
import java.util.List;

/**
 * What of a history is still there.
 *
 * @param identityLost whether its identity file can't be believed, and its segments' headers were
 * @param damage one sentence each: where, what, and which writes
 * @param restorable the points that there are
 * @param gaps what lies between them
 * @param points what of the disk is there at some points
 */
public record SalvageReport(
        String disk,
        String store,
        boolean identityLost,
        List<String> damage,
        List<HistoryReport.Interval> restorable,
        List<HistoryReport.Gap> gaps,
        List<AtPoint> points) {

    /**
     * The disk at a point.
     *
     * @param bytes of content that can be restored
     * @param lost what can't; all else can
     */
    public record AtPoint(long write, Instant time, long bytes, List<Part> lost) {}

    /** A part of the disk, in bytes. */
    public record Part(long offset, long length) {}

    public boolean damaged() {
        return identityLost
                || !damage.isEmpty()
                || points.stream().anyMatch(point -> !point.lost().isEmpty());
    }
}
