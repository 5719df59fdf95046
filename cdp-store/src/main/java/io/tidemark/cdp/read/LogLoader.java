// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.catalogue.LogAccount;
import io.tidemark.cdp.catalogue.LogSegment;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentFault;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.format.Slot;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads metadata segments, one after the other. What can't be believed is left out and noted; only the end of the last segment with a
 * header may be torn, as may be all of those behind it, which never came to one; and what lies behind a seal is nobody's.
 */
final class LogLoader {
    final List<Damage> damage = new ArrayList<>();
    private final History history;
    private RecordLog log;
    private List<Integer> holes;
    private long position;
    private long sequence;
    private boolean damaged;
    private long lastTime;
    private long firstBatch;
    private int dataSegment;
    private long blocks;

    /** @param before what lies before the first segment that is read */
    LogLoader(History history, LogAccount before) {
        this(history, before.position(), before.batches(), before.time());
    }

    LogLoader(History history, long position, long sequence, long time) {
        this.history = history;
        this.position = position;
        this.sequence = sequence;
        this.lastTime = time;
    }

    /**
     * Reads the next segment.
     *
     * @param first how many records lie before it
     * @param last whether no other follows, so that its end may be torn
     */
    LoadedSegment load(int number, long first, boolean last) throws IOException {
        log = new RecordLog();
        holes = new ArrayList<>();
        firstBatch = -1;
        long before = position;
        boolean loaded = false;
        try (var segment = MetaSegment.load(history, number)) {
            load(segment, history.meta().name() + "/" + History.segmentName(number), last);
            if (damaged) {
                holes.add(log.size());
                damaged = false;
            }
            loaded = true;
            boolean empty = log.size() == 0;
            var entry = new LogSegment(
                    number,
                    first,
                    log.size(),
                    holes.size(),
                    before,
                    position,
                    empty ? lastTime : log.time(0),
                    lastTime,
                    empty ? sequence : firstBatch,
                    sequence,
                    segment.bytes().byteSize());
            return new LoadedSegment(entry, log, holes, dataSegment, blocks);
        } finally {
            if (!loaded) {
                log.close();
            }
        }
    }

    private void load(MetaSegment segment, String name, boolean last) {
        var bytes = segment.bytes();
        if (segment.fault() != SegmentFault.NONE) {
            if (segment.fault() == SegmentFault.LATER_VERSION) {
                throw new StoreException(Code.UNSUPPORTED, name + ": " + segment.fault());
            }
            boolean mayBeTorn = last || !segment.isSealed() || segment.isSealedAt(sequence);
            boolean torn = mayBeTorn && segment.lastBatch() < 0;
            damage.add(new Damage(name, 0, segment.fault().toString(), 0, 0, torn));
            damaged |= !torn;
            if (segment.fault() == SegmentFault.OTHER_HISTORY) {
                return;
            }
        }
        long at = SegmentHeader.SIZE;
        while (at < bytes.byteSize()) {
            long next = segment.nextBatch(at);
            if (next != at) {
                if (next < 0 && segment.isSealedAt(sequence)) {
                    return;
                }
                long end = next < 0 ? bytes.byteSize() : next;
                // Behind it there may be files of writers that never came to a header.
                boolean torn = next < 0 && (last || !segment.isSealed());
                damage.add(new Damage(name, at, (end - at) + " bytes that are no valid batch", 0, 0, torn));
                damaged |= !torn;
                at = end;
                continue;
            }
            long length = BatchHeader.validAt(bytes, at);
            batch(bytes, at, length, name);
            at += length;
        }
    }

    private void batch(MemorySegment bytes, long at, long length, String name) {
        long before = bytes.get(Le.U64, at + BatchHeader.BEFORE);
        long follows = bytes.get(Le.U64, at + BatchHeader.SEQUENCE);
        var fault = fault(bytes, at, length);
        if (follows < sequence || before < position) {
            fault = "a batch that was read already";
        }
        if (!fault.isEmpty()) {
            damage.add(new Damage(name, at, fault, before + 1, bytes.get(Le.U64, at + BatchHeader.AFTER), false));
            damaged = true;
            return;
        }
        if (follows != sequence || before != position) {
            damage.add(new Damage(
                    name,
                    at,
                    "batches " + sequence + " to " + (follows - 1) + " are missing before it",
                    position + 1,
                    before,
                    false));
            damaged = true;
        }
        if (damaged) {
            holes.add(log.size());
            damaged = false;
        }
        firstBatch = firstBatch < 0 ? follows : firstBatch;
        dataSegment = Math.clamp(bytes.get(Le.U32, at + BatchHeader.DATA_SEGMENT), 0, History.LAST_SEGMENT);
        blocks = Math.max(0, bytes.get(Le.U64, at + BatchHeader.BLOCKS));
        log.continueFrom(before);
        for (long slot = at + BatchHeader.SIZE; slot < at + length; slot += Slot.SIZE) {
            log.add(bytes, slot);
        }
        position = bytes.get(Le.U64, at + BatchHeader.AFTER);
        sequence = follows + 1;
        lastTime = log.time(log.size() - 1);
    }

    /** The checksum is right; does the content make sense, too? */
    private String fault(MemorySegment bytes, long at, long length) {
        long number = bytes.get(Le.U64, at + BatchHeader.BEFORE);
        long time = lastTime;
        boolean more = false;
        long names = 0;
        for (long slot = at + BatchHeader.SIZE; slot < at + length; slot += Slot.SIZE) {
            byte kind = bytes.get(Le.U8, slot + Slot.KIND);
            if (!Kind.isKnown(kind)) {
                throw new StoreException(
                        Code.UNSUPPORTED,
                        "history of " + history.disk() + ": record kind " + kind
                                + " is not known here: use a later tidemark");
            }
            if ((kind == Kind.NAME) != (names > 0)) {
                return "a mark's name is not where it belongs";
            }
            if (kind == Kind.NAME) {
                names -= Slot.NAME_BYTES;
                continue;
            }
            long own = bytes.get(Le.U64, slot + Slot.NUMBER);
            if (bytes.get(Le.U64, slot + Slot.TIME) < time) {
                return "time goes backwards";
            }
            time = bytes.get(Le.U64, slot + Slot.TIME);
            long bytesLong = bytes.get(Le.U64, slot + Slot.LENGTH);
            if (Kind.isChange(kind)) {
                if (own != (more ? number : number + 1)) {
                    return "write number " + own + " after " + number;
                }
                number = own;
                more = (bytes.get(Le.U8, slot + Slot.FLAGS) & Slot.MORE) != 0;
            } else if (more || (Kind.isSync(kind) ? own < 0 || own > number : own != number)) {
                return "a record of write " + own + " after " + number;
            }
            if (kind == Kind.MARK) {
                names = bytesLong;
                if (names <= 0 || names > 255) {
                    return "a mark's name of " + names + " bytes";
                }
            }
            if ((Kind.isChange(kind) || Kind.isSync(kind)) && !fits(bytes, slot, kind, bytesLong)) {
                return "a range or a place that can't be";
            }
        }
        return more || names > 0 || number != bytes.get(Le.U64, at + BatchHeader.AFTER) ? "an unfinished batch" : "";
    }

    private static boolean isPlace(MemorySegment bytes, long slot, long length) {
        int segment = bytes.get(Le.U32, slot + Slot.SEGMENT);
        long in = bytes.get(Le.U32, slot + Slot.IN_BLOCK);
        return segment > 0
                && segment <= History.LAST_SEGMENT
                && bytes.get(Le.U64, slot + Slot.BLOCK) >= SegmentHeader.SIZE
                && bytes.get(Le.U64, slot + Slot.BLOCK) <= Integer.MAX_VALUE
                && in >= 0
                && length <= BlockHeader.MAX_RAW - in;
    }

    private boolean fits(MemorySegment bytes, long slot, byte kind, long length) {
        long offset = bytes.get(Le.U64, slot + Slot.OFFSET);
        boolean range =
                length > 0 && offset >= 0 && offset <= history.capacity() - length && ((offset | length) & 511) == 0;
        return range && (!Kind.hasData(kind) || isPlace(bytes, slot, length));
    }
}
