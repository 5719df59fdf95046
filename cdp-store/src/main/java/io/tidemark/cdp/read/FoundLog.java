// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.catalogue.LogAccount;
import io.tidemark.cdp.catalogue.LogSegment;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The log segments of a thinned history whose catalogue is lost, from one of them on. How many records lay before that is known from its
 * fine layer.
 *
 * @param start the number of the first
 * @param segments those that have a fine layer, without a hole
 * @param layers of these
 * @param first how many records lay before the first
 * @param account of the log up to the last; of what lies before the first, only what its batches continue from
 */
record FoundLog(int start, List<LogSegment> segments, List<LayerEntry> layers, long first, LogAccount account) {
    /** Where no segment has a layer that knows it. */
    static final FoundLog NONE = new FoundLog(0, List.of(), List.of(), Long.MAX_VALUE, LogAccount.EMPTY);

    /** What a segment says of what lies before it. */
    private record Beginning(long position, long sequence, int slots, boolean gapOpen) {
        static Optional<Beginning> of(History history, int number) throws IOException {
            try (var segment = MetaSegment.load(history, number)) {
                long at = segment.nextBatch(SegmentHeader.SIZE);
                return at < 0 ? Optional.empty() : Optional.of(of(segment.bytes(), at));
            }
        }

        private static Beginning of(MemorySegment bytes, long at) {
            return new Beginning(
                    bytes.get(Le.U64, at + BatchHeader.BEFORE),
                    bytes.get(Le.U64, at + BatchHeader.SEQUENCE),
                    bytes.get(Le.U32, at + BatchHeader.SLOTS),
                    (bytes.get(Le.U16, at + BatchHeader.FLAGS) & BatchHeader.GAP_OPEN) != 0);
        }
    }

    /** Whether the log is there from its first record on: then it needs nothing before it. */
    static boolean isWhole(History history) throws IOException {
        var numbers = numbers(history);
        return !numbers.isEmpty()
                && Beginning.of(history, numbers.getFirst())
                        .filter(found -> found.sequence == 0)
                        .isPresent();
    }

    /** The numbers of the segments that are there, ascending. */
    static List<Integer> numbers(History history) throws IOException {
        return history.meta().list().stream().map(Integer::valueOf).toList();
    }

    /** From a segment on; empty if that has no layer that knows it. */
    static Optional<FoundLog> from(History history, FoundLayers layers, int number) throws IOException {
        var begins = Beginning.of(history, number);
        if (begins.isEmpty()) {
            return Optional.empty();
        }
        var before = begins.get();
        try (var loaded = new LogLoader(history, before.position, before.sequence, 0).load(number, 0, true)) {
            return fine(layers, loaded)
                    .map(layer -> layer.from())
                    .map(first -> new FoundLog(number, List.of(), List.of(), first, account(before, first, loaded)));
        }
    }

    private static Optional<LayerEntry> fine(FoundLayers layers, LoadedSegment loaded) {
        var entry = loaded.entry();
        return layers.fine(entry.records(), entry.after(), entry.end());
    }

    private static LogAccount account(Beginning before, long first, LoadedSegment loaded) {
        long time = loaded.entry().begin();
        var gap = beginsInGap(before, loaded.log())
                ? Optional.of(new Gap("unknown", before.position, -1, time, -1, first, Long.MAX_VALUE, false))
                : Optional.<Gap>empty();
        return LogAccount.behind(first, before.sequence, before.position, time, gap);
    }

    /** The first batch says whether a gap is open behind it. */
    private static boolean beginsInGap(Beginning before, RecordLog log) {
        for (int i = 0; i < log.size(); i++) {
            if (log.kind(i) == Kind.GAP_END) {
                return true;
            }
            if (log.kind(i) == Kind.GAP_BEGIN) {
                return before.gapOpen || i < before.slots; // perhaps another session's first, within a gap
            }
        }
        return before.gapOpen;
    }

    /** With the segments that follow, as far as they have their layers. */
    FoundLog followed(History history, FoundLayers known) throws IOException {
        var all = new ArrayList<LogSegment>();
        var fine = new ArrayList<LayerEntry>();
        var amounts = account;
        var numbers = numbers(history);
        for (int number : numbers.subList(numbers.indexOf(start), numbers.size() - 1)) {
            try (var loaded = LoadedSegment.load(history, number, amounts)) {
                var entry = loaded.entry();
                var layer = fine(known, loaded).filter(found -> found.from() == entry.first());
                if (entry.holes() > 0 || entry.records() > 0 && layer.isEmpty()) {
                    break;
                }
                all.add(entry);
                layer.ifPresent(fine::add);
                amounts = loaded.account(amounts);
            }
        }
        return new FoundLog(start, List.copyOf(all), List.copyOf(fine), first, amounts);
    }
}
