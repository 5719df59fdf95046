// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.block.NeededBytes;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.format.Slot;
import io.tidemark.cdp.read.MetaSegment;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which data segments the log segments name. Blocks are appended in the order of their records, so each log segment names a run
 * of them; the runs are remembered, 8 bytes a log segment. Belongs to one thread.
 */
final class LogPlaces {
    /** The first and the last data segment of a log segment; both 0 if it names none. */
    record Run(int first, int last) {
        boolean holds(int segment) {
            return segment >= first && segment <= last;
        }
    }

    private final History history;
    private final Pace pace;
    private final Map<Integer, Run> runs = new HashMap<>();

    LogPlaces(History history, Pace pace) {
        this.history = history;
        this.pace = pace;
    }

    /** Forgets all but some log segments. */
    void retain(Set<Integer> segments) {
        runs.keySet().retainAll(segments);
    }

    Run run(int logSegment) throws IOException {
        var known = runs.get(logSegment);
        if (known == null) {
            known = read(logSegment, Map.of());
            runs.put(logSegment, known);
        }
        return known;
    }

    /** Adds what a log segment needs of some data segments. */
    void add(int logSegment, Map<Integer, NeededBytes> needed) throws IOException {
        var run = run(logSegment);
        if (needed.keySet().stream().anyMatch(run::holds)) {
            read(logSegment, needed);
        }
    }

    private Run read(int logSegment, Map<Integer, NeededBytes> needed) throws IOException {
        int first = 0;
        int last = 0;
        try (var segment = MetaSegment.load(history, logSegment)) {
            var bytes = segment.bytes();
            pace.moved(bytes.byteSize());
            for (long at = segment.nextBatch(SegmentHeader.SIZE); at >= 0; ) {
                long end = at + BatchHeader.validAt(bytes, at);
                for (long slot = at + BatchHeader.SIZE; slot < end; slot += Slot.SIZE) {
                    if (!Kind.hasData(bytes.get(Le.U8, slot + Slot.KIND))) {
                        continue;
                    }
                    int data = bytes.get(Le.U32, slot + Slot.SEGMENT);
                    first = first == 0 ? data : Math.min(first, data);
                    last = Math.max(last, data);
                    var stretches = needed.get(data);
                    if (stretches != null) {
                        stretches.add(
                                bytes.get(Le.U64, slot + Slot.BLOCK), bytes.get(Le.U32, slot + Slot.IN_BLOCK), (int)
                                        bytes.get(Le.U64, slot + Slot.LENGTH));
                    }
                }
                at = segment.nextBatch(end);
            }
        }
        return new Run(first, last);
    }
}
