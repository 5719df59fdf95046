// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.Kind;
import java.time.Instant;
import java.util.List;

/** Finds the state that a point names, or says why there is none and what is near. */
final class Resolver {
    private final String disk;
    private final RecordLog log;
    private final List<Gap> gaps;
    private final List<MarkEntry> marks;
    private final boolean running;

    Resolver(String disk, RecordLog log, Timeline timeline, boolean running) {
        this.disk = disk;
        this.log = log;
        this.gaps = timeline.gaps;
        this.marks = timeline.marks;
        this.running = running;
    }

    State resolve(Point point) {
        if (log.size() == 0) {
            throw new StoreException(
                    Code.BEYOND, "disk " + disk + ": its history is empty yet; wait for the first writes");
        }
        return switch (point) {
            case Point.Latest latest -> latest(latest);
            case Point.WriteNumber write -> number(write);
            case Point.Mark mark -> mark(mark);
            case Point.Time time -> time(time);
            case Point.Flush flush -> flush(flush);
        };
    }

    /** How many records make the state that a flush left at least. */
    private int covered(int flush) {
        // Behind the covered write others may have completed while the flush was on its way; a gap after the flush,
        // with the
        // same number, says nothing of what it left.
        return Math.min(log.recordsUpToNumber(FlushPoints.covered(log, flush)), flush + 1);
    }

    private State flush(Point.Flush point) {
        boolean newest = point.before() instanceof Point.Latest;
        int from = newest ? log.size() : (int) resolve(point.before()).records();
        for (int i = from - 1; i >= 0; i--) {
            if (log.kind(i) == Kind.FLUSH) {
                int records = covered(i);
                var gap = gapAt(records);
                if (gap == null) {
                    return state(records);
                }
                if (gap.from() == log.positionAt(records) && gapAt(gap.firstRecord()) == null) {
                    return state(gap.firstRecord());
                }
                if (!newest) {
                    throw new StoreException(
                            Code.NOT_RESTORABLE,
                            "disk " + disk + ": " + point + " is the flush at " + Micros.text(log.time(i))
                                    + ", which covers write " + FlushPoints.covered(log, i) + ", in " + gap.describe()
                                    + "; history --flush-points lists others");
                }
            }
        }
        throw new StoreException(
                Code.NOT_FOUND,
                "disk " + disk + ": " + point
                        + " is not recorded: no flush of the guest that can be restored lies at or"
                        + " before it; history --flush-points lists those it has");
    }

    private State latest(Point point) {
        for (int records = log.size(); ; ) {
            var gap = gapAt(records);
            if (gap == null) {
                return state(records);
            }
            if (gap.firstRecord() == 0) {
                throw gap(point, gap);
            }
            // In an open gap the newest restorable state is the one that it begins at.
            records = (int) (gap.firstRecord() == records ? records - 1 : gap.firstRecord());
        }
    }

    private State number(Point.WriteNumber point) {
        if (point.number() > log.positionAt(log.size())) {
            throw beyond(point, "the history ends at write " + log.positionAt(log.size()));
        }
        int records = log.recordsUpToNumber(point.number());
        var gap = gapAt(records);
        if (gap != null && gap.from() == point.number() && gapAt(gap.firstRecord()) == null) {
            return state(gap.firstRecord());
        }
        if (gap != null) {
            throw gap(point, gap);
        }
        if (log.positionAt(records) != point.number()) {
            // Its record is lost: the log jumps over it.
            throw gap(point, gapFrom(records));
        }
        return state(records);
    }

    private State mark(Point.Mark point) {
        for (var mark : marks.reversed()) {
            if (mark.name().equals(point.name())) {
                var gap = gapAt(mark.records());
                if (gap != null) {
                    throw gap(point, gap);
                }
                return state(mark.records());
            }
        }
        throw new StoreException(
                Code.NOT_FOUND,
                "disk " + disk + ": has no mark \"" + point.name() + "\"; its history lists those it has");
    }

    private State time(Point.Time point) {
        long time = point.micros();
        long first = log.time(0);
        long last = log.time(log.size() - 1);
        if (time < first) {
            throw beyond(point, "the history begins at " + Micros.text(first));
        }
        long end = running ? Math.max(last, Micros.of(Instant.now())) : last;
        if (time > end) {
            throw beyond(point, running ? "that is in the future" : "the history ends at " + Micros.text(last));
        }
        for (var gap : gaps) {
            if (time > gap.begin() && (gap.isOpen() || time < gap.end())) {
                throw gap(point, gap);
            }
        }
        int records = log.recordsUpToTime(time);
        var gap = gapAt(records);
        if (gap == null) {
            return state(records);
        }
        if (gap.begin() == time && gapAt(gap.firstRecord()) == null) {
            return state(gap.firstRecord());
        }
        throw gap(point, gap);
    }

    private Gap gapAt(long records) {
        for (var gap : gaps) {
            if (gap.holds(records)) {
                return gap;
            }
        }
        return null;
    }

    private Gap gapFrom(int record) {
        for (var gap : gaps) {
            if (gap.firstRecord() == record) {
                return gap;
            }
        }
        throw new StoreException(Code.DAMAGED, "disk " + disk + ": its write numbers have a hole: run verify");
    }

    private State state(long place) {
        int records = (int) place;
        return new State(log.positionAt(records), records == 0 ? log.time(0) : log.time(records - 1), records);
    }

    private StoreException beyond(Point point, String reason) {
        return new StoreException(Code.BEYOND, "disk " + disk + ": " + point + " is not recorded: " + reason);
    }

    private StoreException gap(Point point, Gap gap) {
        var near = new StringBuilder();
        if (gap.restorableBefore() && gapAt(gap.firstRecord()) == null) {
            near.append("write:").append(gap.from());
        }
        if (!gap.isOpen()) {
            near.append(near.isEmpty() ? "" : " and ").append("write:").append(gap.to());
        }
        return new StoreException(
                Code.NOT_RESTORABLE,
                "disk " + disk + ": " + point + " lies in " + gap.describe() + "; "
                        + (near.isEmpty()
                                ? "no point near it can be restored yet: wait for the gap's end"
                                : "the nearest restorable points are " + near));
    }
}
