// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.format.Kind;
import java.util.ArrayList;
import java.util.List;

/** Finds what has touched a range of the disk. */
final class Blame {
    private Blame() {}

    /**
     * The records of [from, to) that touch [offset, end), the newest first; the parts of a long write are one.
     *
     * @param bystanders of that range
     */
    static List<Touch> list(Log log, Bystanders bystanders, long offset, long end, long from, long to, int limit) {
        var found = new ArrayList<Touch>();
        long at = to;
        while (at > Math.max(from, log.first()) && found.size() < limit) {
            // All parts of a write are in one segment.
            int part = log.partOf(at - 1);
            var known = log.part(part);
            long below = at == known.last() ? bystanders.back(at) : at;
            if (below == at) {
                list(
                        log.records(part),
                        offset,
                        end,
                        (int) Math.max(0, from - known.first()),
                        (int) (at - known.first()),
                        limit,
                        found);
                below = known.first();
            }
            at = below;
        }
        return found;
    }

    private static void list(RecordLog log, long offset, long end, int from, int to, int limit, List<Touch> found) {
        int whole = to;
        for (int i = to - 1; i >= from && found.size() < limit; i--) {
            byte kind = log.kind(i);
            if (i >= whole || !Kind.isChange(kind) && !Kind.isSync(kind)) {
                continue;
            }
            if (log.offset(i) < end && log.offset(i) + log.length(i) > offset) {
                int first = i;
                while (first > from && isPart(log, first - 1, i)) {
                    first--;
                }
                int last = i;
                while (last + 1 < to && isPart(log, last + 1, i)) {
                    last++;
                }
                whole = first;
                found.add(new Touch(
                        log.number(i),
                        log.time(i),
                        sort(kind),
                        log.offset(first),
                        log.offset(last) + log.length(last) - log.offset(first)));
            }
        }
    }

    private static boolean isPart(RecordLog log, int record, int of) {
        return log.kind(of) == Kind.WRITE && log.kind(record) == Kind.WRITE && log.number(record) == log.number(of);
    }

    private static Touch.Sort sort(byte kind) {
        return switch (kind) {
            case Kind.WRITE -> Touch.Sort.WRITE;
            case Kind.ZERO -> Touch.Sort.ZERO;
            case Kind.DISCARD -> Touch.Sort.DISCARD;
            case Kind.SYNC_DATA -> Touch.Sort.READ;
            default -> Touch.Sort.READ_ZERO;
        };
    }
}
