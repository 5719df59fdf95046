// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.catalogue.KeptState;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.catalogue.MarkEntry;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Micros;
import java.time.Instant;
import java.util.List;
import java.util.function.ToLongFunction;

/** Finds the state that a point names, or says why there is none and what is near. */
final class Resolver {
    private final String disk;
    private final Log log;
    private final List<KeptState> kept;
    private final List<LayerEntry> layers;
    private final List<Gap> gaps;
    private final List<MarkEntry> marks;
    private final boolean running;

    Resolver(String disk, Log log, Catalogue catalogue, List<Gap> gaps, boolean running) {
        this.disk = disk;
        this.log = log;
        this.kept = catalogue.kept();
        this.layers = catalogue.layers();
        this.gaps = gaps;
        this.marks = log.account().marks();
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

    /** A state's content, whatever was recorded since that changes none of it: by its last write, or the gap that ended behind that. */
    String name(State state) {
        return Gap.telling(gaps, state.number(), state.records())
                .map(gap -> Micros.text(gap.end()))
                .orElse("write:" + state.number());
    }

    private State flush(Point.Flush point) {
        boolean newest = point.before() instanceof Point.Latest;
        long before = newest ? log.size() : resolve(point.before()).records();
        for (int part = before == 0 ? -1 : log.partOf(before - 1); part >= 0; part--) {
            long first = log.part(part).first();
            var records = log.records(part);
            for (int i = (int) Math.min(before - first, records.size()) - 1; i >= 0; i--) {
                if (records.kind(i) != Kind.FLUSH) {
                    continue;
                }
                long number = FlushPoints.covered(records, i);
                long time = records.time(i);
                // Behind the covered write others may have completed while the flush was on its way; a gap after the
                // flush, with the same number, says nothing of what it left.
                long covered = Math.min(log.recordsUpToNumber(number), first + i + 1);
                var gap = gapAt(covered);
                if (gap == null) {
                    return state(covered);
                }
                if (gap.from() == log.positionAt(covered) && gapAt(gap.firstRecord()) == null) {
                    return state(gap.firstRecord());
                }
                if (!newest) {
                    throw new StoreException(
                            Code.NOT_RESTORABLE,
                            "disk " + disk + ": " + point + " is the flush at " + Micros.text(time)
                                    + ", which covers write " + number + ", in " + gap.describe()
                                    + "; history --flush-points lists others");
                }
                records = log.records(part);
            }
        }
        throw new StoreException(
                Code.NOT_FOUND,
                "disk " + disk + ": " + point
                        + " is not recorded: no flush of the guest that can be restored lies at or"
                        + " before it; history --flush-points lists those it has");
    }

    private State latest(Point point) {
        for (long records = log.size(); ; ) {
            if (records < log.first()) {
                if (kept.isEmpty()) {
                    throw gap(point, gaps.getLast());
                }
                return state(kept.getLast());
            }
            var gap = gapAt(records);
            if (gap == null) {
                return state(records);
            }
            if (gap.firstRecord() == 0) {
                throw gap(point, gap);
            }
            // In an open gap the newest restorable state is the one that it begins at.
            records = gap.firstRecord() == records ? records - 1 : gap.firstRecord();
        }
    }

    private State number(Point.WriteNumber point) {
        if (point.number() > log.account().position()) {
            throw beyond(point, "the history ends at write " + log.account().position());
        }
        if (log.first() > 0 && point.number() < log.positionAt(log.first())) {
            return kept(point, KeptState::number, point.number());
        }
        long records = log.recordsUpToNumber(point.number());
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

    /** The kept state with this value, where not every one is. */
    private State kept(Point point, ToLongFunction<KeptState> of, long value) {
        long first = log.positionAt(log.first());
        String before = "";
        String after = "write:" + first;
        for (var state : kept.reversed()) {
            long found = of.applyAsLong(state);
            if (found == value) {
                return state(state);
            }
            if (found < value) {
                before = "write:" + state.number() + " and ";
                break;
            }
            after = "write:" + state.number();
        }
        throw new StoreException(
                Code.NOT_RESTORABLE,
                "disk " + disk + ": " + point + " is older than write:" + first
                        + ", from which on every state is there; of the time before, " + kept.size()
                        + " are kept, which its history lists: the nearest restorable points are " + before + after);
    }

    /** What is kept of the disk at a time: the last state at it or before it, though others may have followed that are gone. */
    private State keptAt(Point point, long time) {
        long top = firstTime(log, layers, log.account().begin());
        if (time >= top && gapAt(log.first()) == null) {
            return state(log.first());
        }
        for (var state : kept.reversed()) {
            if (state.time() <= time) {
                return state(state);
            }
        }
        return kept(point, KeptState::time, time);
    }

    private static State state(KeptState kept) {
        return new State(kept.number(), kept.time(), kept.records());
    }

    private State mark(Point.Mark point) {
        for (var mark : marks.reversed()) {
            if (mark.name().equals(point.name())) {
                var gap = gapAt(mark.records());
                if (gap != null) {
                    throw gap(point, gap);
                }
                return mark.records() < log.first()
                        ? kept(point, KeptState::records, mark.records())
                        : state(mark.records());
            }
        }
        throw new StoreException(
                Code.NOT_FOUND,
                "disk " + disk + ": has no mark \"" + point.name() + "\"; its history lists those it has");
    }

    private State time(Point.Time point) {
        long time = point.micros();
        long first = log.account().begin();
        long last = log.account().time();
        if (time < first) {
            throw beyond(point, "the history begins at " + Micros.text(first));
        }
        long end = running ? Math.max(last, Micros.of(Instant.now())) : last;
        if (time > end) {
            throw beyond(point, running ? "that is in the future" : "the history ends at " + Micros.text(last));
        }
        boolean single =
                log.first() == 0 || log.parts() > 0 && time >= log.part(0).begin();
        for (var gap : gaps) {
            // A gap that the log begins with began before: with the last record of the time when nothing was recorded.
            boolean told = single || gap.firstRecord() >= log.first();
            if (told && time > gap.begin() && (gap.isOpen() || time < gap.end())) {
                throw gap(point, gap);
            }
        }
        if (!single) {
            return keptAt(point, time);
        }
        long records = log.recordsUpToTime(time);
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

    private Gap gapFrom(long record) {
        for (var gap : gaps) {
            if (gap.firstRecord() == record) {
                return gap;
            }
        }
        throw new StoreException(Code.DAMAGED, "disk " + disk + ": its write numbers have a hole: run verify");
    }

    private State state(long records) {
        long time = records == 0 || records == log.first() && log.parts() > 0
                ? firstTime(log, layers, log.part(0).begin())
                : log.time(records - 1);
        return new State(log.positionAt(records), time, records);
    }

    /** The time of the state that the log begins with: of the last record before it, which a layer knows where that is gone. */
    static long firstTime(Log log, List<LayerEntry> layers, long otherwise) {
        long time = otherwise;
        for (var layer : layers) {
            time = layer.to() == log.first() ? layer.time() : time;
        }
        return time;
    }

    /** Whether a write number has another state behind a later gap in which nothing was numbered: then only times tell them apart. */
    private boolean isPassed(long number, Gap end) {
        for (var gap : gaps) {
            if (gap.firstRecord() > end.firstRecord() && gap.from() == number && gap.to() == number) {
                return true;
            }
        }
        return false;
    }

    private StoreException beyond(Point point, String reason) {
        return new StoreException(Code.BEYOND, "disk " + disk + ": " + point + " is not recorded: " + reason);
    }

    private StoreException gap(Point point, Gap gap) {
        var near = new StringBuilder();
        if (gap.restorableBefore() && gapAt(gap.firstRecord()) == null) {
            near.append(gap.to() == gap.from() ? Micros.text(gap.begin()) : "write:" + gap.from());
        }
        if (!gap.isOpen()) {
            near.append(near.isEmpty() ? "" : " and ")
                    .append(isPassed(gap.to(), gap) ? Micros.text(gap.end()) : "write:" + gap.to());
        }
        return new StoreException(
                Code.NOT_RESTORABLE,
                "disk " + disk + ": " + point + " lies in " + gap.describe() + "; "
                        + (near.isEmpty()
                                ? "no point near it can be restored yet: wait for the gap's end"
                                : "the nearest restorable points are " + near));
    }
}
