// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

/**
 * What capture has done so far, and how far the log is behind.
 *
 * @param position the last write number that the log has given
 * @param changes changes handed to the log's ring
 * @param bytes bytes of writes copied
 * @param lostChanges changes that were not captured
 * @param lagEvents events that the log has not seen yet
 * @param lagBytes bytes of copies that wait for the log
 */
public record CaptureStatistics(
        long position, long changes, long bytes, long lostChanges, long lagEvents, long lagBytes) {
    public static final CaptureStatistics NONE = new CaptureStatistics(0, 0, 0, 0, 0, 0);

    /** With what was captured later. */
    public CaptureStatistics and(CaptureStatistics later) {
        return new CaptureStatistics(
                Math.max(position, later.position),
                changes + later.changes,
                bytes + later.bytes,
                lostChanges + later.lostChanges,
                later.lagEvents,
                later.lagBytes);
    }
}
