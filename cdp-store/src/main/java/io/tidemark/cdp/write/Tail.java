// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentFault;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.format.Slot;
import io.tidemark.cdp.read.MetaSegment;
import java.io.IOException;

/**
 * Where a history ends: what a writer needs to go on.
 *
 * @param metaSegment the number of the last metadata segment, 0 if there is none
 * @param endsIn the one with the last valid batch, 0 if there is none
 * @param sealed the last one in which nothing counts that isn't there yet
 * @param last the last record
 */
record Tail(
        int metaSegment,
        int endsIn,
        int sealed,
        long batches,
        long position,
        long time,
        int dataSegment,
        long dataEnd,
        long blocks,
        boolean gapOpen,
        boolean clean,
        int session,
        Link last) {

    /** Looks for the last valid batch that counts; whatever follows it was never committed. */
    static Tail find(History history) throws IOException {
        var names = history.meta().list();
        int last = names.isEmpty() ? 0 : Integer.parseInt(names.getLast());
        int sealed = MetaSegment.lastSealed(history);
        for (var name : names.reversed()) {
            int number = Integer.parseInt(name);
            // After a failed sync the page cache may show what never reached the disk.
            history.meta().dropCache(name);
            try (var segment = MetaSegment.load(history, number)) {
                if (segment.fault() == SegmentFault.LATER_VERSION) {
                    throw new StoreException(
                            StoreException.Code.UNSUPPORTED,
                            history.meta().name() + "/" + name + ": " + segment.fault());
                }
                long at = segment.lastBatch();
                if (at > 0 && segment.fault() != SegmentFault.OTHER_HISTORY) {
                    return of(segment, at, number, last, sealed);
                }
            }
        }
        return new Tail(last, 0, sealed, 0, 0, 0, 0, 0, 0, false, true, 0, Link.NONE);
    }

    /**
     * Where to go on, given what has layers: never with the number of a segment that has one. If the log that they were made of is lost,
     * they are the last that knows of it.
     */
    Tail behind(Catalogue catalogue) {
        var account = catalogue.account();
        if (account.records() == 0) {
            return this;
        }
        int number = Math.max(metaSegment, catalogue.lastSegment());
        if (batches >= account.batches() && position >= account.position()) {
            return new Tail(
                    number,
                    endsIn,
                    sealed,
                    batches,
                    position,
                    Math.max(time, account.time()),
                    dataSegment,
                    dataEnd,
                    blocks,
                    gapOpen,
                    clean,
                    session,
                    last);
        }
        // The end of the data is not known either: a new segment.
        return new Tail(
                number,
                0,
                sealed,
                account.batches(),
                account.position(),
                account.time(),
                Math.max(dataSegment, account.dataSegment()),
                Long.MAX_VALUE,
                account.blocks(),
                account.open().isPresent(),
                false,
                session,
                last);
    }

    /** A number that no history can count to. */
    private static boolean isImpossible(long number) {
        return number < 0 || number > Long.MAX_VALUE / 2;
    }

    /** The last session that the segment tells of. */
    private static int session(MetaSegment segment) {
        var bytes = segment.bytes();
        int session = segment.fault() == SegmentFault.NONE ? bytes.get(Le.U32, SegmentHeader.SESSION) : 0;
        for (long at = segment.nextBatch(SegmentHeader.SIZE); at >= 0; ) {
            long end = at + BatchHeader.validAt(bytes, at);
            session = Session.last(bytes, at + BatchHeader.SIZE, end, session);
            at = segment.nextBatch(end);
        }
        return session;
    }

    private static Tail of(MetaSegment segment, long at, int number, int last, int sealed) {
        var bytes = segment.bytes();
        long end = at + BatchHeader.validAt(bytes, at);
        long slot = end - Slot.SIZE;
        while (bytes.get(Le.U8, slot) == Kind.NAME && slot > at + BatchHeader.SIZE) {
            slot -= Slot.SIZE;
        }
        if (bytes.get(Le.U32, at + BatchHeader.DATA_SEGMENT) < 0
                || bytes.get(Le.U32, at + BatchHeader.DATA_SEGMENT) > History.LAST_SEGMENT
                || bytes.get(Le.U64, at + BatchHeader.DATA_END) < 0
                || isImpossible(bytes.get(Le.U64, at + BatchHeader.AFTER))
                || isImpossible(bytes.get(Le.U64, at + BatchHeader.SEQUENCE))
                || isImpossible(bytes.get(Le.U64, at + BatchHeader.BLOCKS))) {
            throw new StoreException(
                    StoreException.Code.DAMAGED,
                    "metadata segment " + History.segmentName(number) + " at byte " + at
                            + ": the last batch makes no sense: run verify, and name another store to go on");
        }
        return new Tail(
                last,
                number,
                sealed,
                bytes.get(Le.U64, at + BatchHeader.SEQUENCE) + 1,
                bytes.get(Le.U64, at + BatchHeader.AFTER),
                bytes.get(Le.U64, slot + Slot.TIME),
                bytes.get(Le.U32, at + BatchHeader.DATA_SEGMENT),
                Math.max(bytes.get(Le.U64, at + BatchHeader.DATA_END), SegmentHeader.SIZE),
                bytes.get(Le.U64, at + BatchHeader.BLOCKS),
                (bytes.get(Le.U16, at + BatchHeader.FLAGS) & BatchHeader.GAP_OPEN) != 0,
                bytes.get(Le.U8, slot) == Kind.CLEAN_END,
                session(segment),
                Link.of(bytes, end - Slot.SIZE));
    }
}
