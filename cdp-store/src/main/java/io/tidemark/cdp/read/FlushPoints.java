// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.format.Kind;
import java.util.ArrayList;
import java.util.List;

/** The guest's flushes in a log. */
final class FlushPoints {
    private FlushPoints() {}

    static List<FlushPoint> list(Log log, long from, long to, int limit) {
        var found = new ArrayList<FlushPoint>();
        for (int part = log.parts() - 1;
                part >= 0 && found.size() < limit && log.part(part).end() >= from;
                part--) {
            if (log.part(part).begin() <= to) {
                list(log.records(part), from, to, limit, found);
            }
        }
        return found.reversed();
    }

    private static void list(RecordLog log, long from, long to, int limit, List<FlushPoint> found) {
        for (int i = log.recordsUpToTime(to) - 1; i >= 0 && found.size() < limit && log.time(i) >= from; i--) {
            if (log.kind(i) == Kind.FLUSH) {
                found.add(new FlushPoint(covered(log, i), log.time(i)));
            }
        }
    }

    /** The last write that a flush covers. A damaged store must not make it cover what comes later. */
    static long covered(RecordLog log, int flush) {
        return Math.clamp(log.offset(flush), 0, log.number(flush));
    }
}
