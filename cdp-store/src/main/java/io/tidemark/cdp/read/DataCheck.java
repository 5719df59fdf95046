// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.block.BlockReader;
import io.tidemark.cdp.block.Generations;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.SegmentHeader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongConsumer;

/** Reads the whole data volume along the records, which name every block in the order in which they lie. */
final class DataCheck {
    private final RecordLog log;
    private final History history;
    private final boolean incomplete;
    private final BitSet named = new BitSet();
    private final List<Damage> found = new ArrayList<>();
    private int segment;
    private long size;
    /** Where the next block must begin; 0 if that isn't known. */
    private long expected;

    private long read;

    private DataCheck(History history, RecordLog log, boolean incomplete) {
        this.history = history;
        this.log = log;
        this.incomplete = incomplete;
    }

    /**
     * @param incomplete records are missing: content that no record names is no wonder
     * @param progress told how many bytes of blocks have been read
     */
    static List<Damage> run(History history, RecordLog log, boolean incomplete, LongConsumer progress) {
        var check = new DataCheck(history, log, incomplete);
        try (var blocks = new BlockReader(history, Generations.NONE, 2)) {
            check.run(blocks, progress);
        } catch (IOException e) {
            throw StoreException.of("history of " + history.disk(), e);
        }
        return check.found;
    }

    private void run(BlockReader blocks, LongConsumer progress) throws IOException {
        for (int i = 0; i < log.size(); ) {
            if (!Kind.hasData(log.kind(i))) {
                i++;
                continue;
            }
            int end = i + 1;
            while (end < log.size() && sameBlock(i, end)) {
                end++;
            }
            block(blocks, i, end);
            progress.accept(read);
            i = end;
        }
        tail(blocks);
        for (var name : history.data().list()) {
            int number = Integer.parseInt(name);
            if (!named.get(number)) {
                found.add(new Damage(blocks.name(number), 0, "content that was never committed", 0, 0, true));
            }
        }
    }

    private boolean sameBlock(int one, int other) {
        return !Kind.hasData(log.kind(other))
                || log.segment(one) == log.segment(other) && log.block(one) == log.block(other);
    }

    private void block(BlockReader blocks, int from, int to) throws IOException {
        if (log.segment(from) != segment) {
            tail(blocks);
            segment = log.segment(from);
            named.set(segment);
            begin(blocks);
        }
        long at = log.block(from);
        if (expected != 0 && at != expected && !(incomplete && at > expected)) {
            add(blocks, expected, "a block that no record names", 0, 0);
        }
        expected = 0;
        try {
            long stored = blocks.read(segment, at).stored();
            read += stored;
            expected = stored == 0 ? 0 : at + stored;
        } catch (StoreException e) {
            add(blocks, at, e.getMessage(), log.number(from), lastNumber(from, to));
            return;
        }
        for (int i = from; i < to; i++) {
            if (Kind.hasData(log.kind(i))) {
                try {
                    PastView.record(blocks, log, i);
                } catch (StoreException e) {
                    add(blocks, at, e.getMessage(), log.number(i), log.number(i));
                }
            }
        }
    }

    private long lastNumber(int from, int to) {
        long last = log.number(from);
        for (int i = from; i < to; i++) {
            last = Kind.hasData(log.kind(i)) ? Math.max(last, log.number(i)) : last;
        }
        return last;
    }

    private void begin(BlockReader blocks) {
        expected = 0;
        size = 0;
        try {
            size = blocks.checkSegment(segment);
            expected = blocks.isAsWritten(segment) ? SegmentHeader.SIZE : 0;
        } catch (StoreException e) {
            add(blocks, 0, e.getMessage(), 0, 0);
        } catch (IOException e) {
            add(blocks, 0, StoreException.of("segment", e).getMessage(), 0, 0);
        }
    }

    private void tail(BlockReader blocks) {
        if (segment > 0 && expected != 0 && size > expected) {
            found.add(new Damage(blocks.name(segment), expected, "content that was never committed", 0, 0, true));
        }
    }

    private void add(BlockReader blocks, long at, String reason, long first, long lastNumber) {
        found.add(new Damage(blocks.name(segment), at, reason, first, lastNumber, false));
    }
}
