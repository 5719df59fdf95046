// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.catalogue.KeptState;
import io.tidemark.cdp.catalogue.LogSegment;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.format.Slot;
import io.tidemark.cdp.read.MetaSegment;
import java.io.IOException;
import java.util.List;

/** Describes states in the middle of a log segment, so that they can be had when it is gone. In memory is the segment. */
final class LogStates implements AutoCloseable {
    private final LogSegment segment;
    private final MetaSegment records;

    private LogStates(LogSegment segment, MetaSegment records) {
        this.segment = segment;
        this.records = records;
    }

    static LogStates of(History history, LogSegment segment) throws IOException {
        var states = new LogStates(segment, MetaSegment.load(history, segment.segment()));
        if (states.slots() != segment.records()) {
            states.close();
            throw new StoreException(
                    StoreException.Code.DAMAGED,
                    history.meta().name() + "/" + History.segmentName(segment.segment())
                            + ": has other records than when its layer was made: run verify");
        }
        return states;
    }

    /** Takes a record's slot. */
    private interface SlotVisitor {
        /** @return whether to go on */
        boolean visit(long index, long slot);
    }

    private void each(SlotVisitor visitor) {
        var bytes = records.bytes();
        long index = segment.first();
        for (long at = records.nextBatch(SegmentHeader.SIZE); at >= 0; ) {
            long end = at + BatchHeader.validAt(bytes, at);
            for (long slot = at + BatchHeader.SIZE; slot < end; slot += Slot.SIZE) {
                if (!visitor.visit(index++, slot)) {
                    return;
                }
            }
            at = records.nextBatch(end);
        }
    }

    private long slots() {
        var count = new long[1];
        each((_, _) -> ++count[0] > 0);
        return count[0];
    }

    private byte kind(long slot) {
        return records.bytes().get(Le.U8, slot + Slot.KIND);
    }

    private long time(long slot) {
        return records.bytes().get(Le.U64, slot + Slot.TIME);
    }

    /**
     * How many records of the log make the last exact state of a time or before it.
     *
     * @param gaps those of the history
     */
    long floor(long time, List<Gap> gaps) {
        var place = new long[] {segment.first()};
        each((index, slot) -> {
            if (kind(slot) != Kind.NAME && time(slot) > time) {
                return false;
            }
            place[0] = index + 1;
            return true;
        });
        for (var gap : gaps) {
            if (gap.firstRecord() < place[0] && place[0] <= gap.lastRecord()) {
                return gap.firstRecord();
            }
        }
        return place[0];
    }

    /**
     * The state that so many records of the log make.
     *
     * @param after when the segment behind this one begins, in microseconds since 1970
     */
    KeptState at(long place, long after) {
        var number = new long[] {segment.before()};
        var time = new long[] {segment.begin()};
        var until = new long[] {after};
        each((index, slot) -> {
            byte kind = kind(slot);
            if (index >= place) {
                boolean ends = Kind.isChange(kind) || kind == Kind.GAP_BEGIN;
                until[0] = ends ? time(slot) : until[0];
                return !ends;
            }
            number[0] = Kind.isChange(kind) ? records.bytes().get(Le.U64, slot + Slot.NUMBER) : number[0];
            time[0] = kind == Kind.NAME ? time[0] : time(slot);
            return true;
        });
        return new KeptState(number[0], time[0], until[0], place);
    }

    @Override
    public void close() {
        records.close();
    }
}
