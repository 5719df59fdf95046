// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.LogAccount;
import io.tidemark.cdp.catalogue.LogSegment;
import io.tidemark.cdp.layer.ExtentSink;
import java.io.IOException;
import java.util.List;

/** A log segment in memory: 56 bytes a record, outside the heap. May be read by several threads until it is closed. */
public final class LoadedSegment implements AutoCloseable {
    private final LogSegment entry;
    private final RecordLog log;
    private final List<Integer> holes;
    private final int dataSegment;
    private final long blocks;

    LoadedSegment(LogSegment entry, RecordLog log, List<Integer> holes, int dataSegment, long blocks) {
        this.entry = entry;
        this.log = log;
        this.holes = holes;
        this.dataSegment = dataSegment;
        this.blocks = blocks;
    }

    /** Reads a segment that is complete. @param before what the log before it amounts to */
    public static LoadedSegment load(History history, int number, LogAccount before) throws IOException {
        return new LogLoader(history, before).load(number, before.records(), false);
    }

    /** Likewise one that the catalogue knows. */
    public static LoadedSegment load(History history, LogSegment known) throws IOException {
        return new LogLoader(history, known.before(), known.firstBatch(), known.begin())
                .load(known.segment(), known.first(), false);
    }

    /** What the log up to its end amounts to. @param before what the log before it amounts to */
    public LogAccount account(LogAccount before) {
        var timeline = new Timeline(before);
        timeline.add(this);
        return timeline.account();
    }

    /** What the catalogue says of it. */
    public LogSegment entry() {
        return entry;
    }

    /** How many records can be relied on, from its first: all, or those before what has been damaged since {@code known}. */
    int reliable(LogSegment known) {
        boolean same = entry.records() == known.records()
                && entry.holes() == known.holes()
                && entry.after() == known.after()
                && entry.end() == known.end();
        return same || holes.isEmpty() ? log.size() : Math.min(holes.getFirst(), known.records());
    }

    /** @throws StoreException DAMAGED if it isn't as it was when the catalogue got to know it */
    public void check(History history, LogSegment known) {
        if (reliable(known) < known.records()) {
            throw new StoreException(
                    StoreException.Code.DAMAGED,
                    history.meta().name() + "/" + History.segmentName(known.segment())
                            + ": is other than when it got its layer: bring it back from a copy of the store");
        }
    }

    /**
     * Gives the net effect of its first records.
     *
     * @param records how many of them
     */
    public void effect(int records, ExtentSink to) throws IOException {
        NetEffect.of(log, records, to);
    }

    /** Whether something that was read in a gap takes effect before its first write: what lies below may be newer. */
    public boolean reachesBack(int records) {
        return NetEffect.reachesBack(log, records, entry.before());
    }

    RecordLog log() {
        return log;
    }

    /** Before which records others are missing. */
    List<Integer> holes() {
        return holes;
    }

    /** The data segment that was being written at its end. */
    int dataSegment() {
        return dataSegment;
    }

    /** How many blocks had been written by then. */
    long blocks() {
        return blocks;
    }

    @Override
    public void close() {
        log.close();
    }
}
