// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.read.HistorySummary.Interval;
import io.tidemark.disk.Extent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A disk's history as it was when this was opened: what was appended since is not seen. Takes no lock. The records lie in
 * memory, 56 bytes each.
 *
 * <p>May be used by several threads until it is closed; a {@link PastView} belongs to one thread.
 */
public final class HistoryReader implements AutoCloseable {
    private final History history;
    private final boolean running;
    private final LogLoader loaded;
    private final Timeline timeline;

    private HistoryReader(History history, boolean running) {
        this.history = history;
        this.running = running;
        this.loaded = LogLoader.load(history);
        this.timeline = new Timeline(loaded.log, loaded.holes);
    }

    /** @param running whether a writer has the history now; without one, nothing is known of times after its last record */
    public static HistoryReader open(History history, boolean running) {
        return new HistoryReader(history, running);
    }

    public History history() {
        return history;
    }

    /** The last write number recorded. */
    public long position() {
        return loaded.log.positionAt(loaded.log.size());
    }

    /**
     * The state that a point names. {@link Point.Latest} is the newest that can be restored, if need be the one before an
     * open gap.
     *
     * @throws StoreException NOT_RESTORABLE in a gap, BEYOND outside the history, NOT_FOUND for an unknown mark
     */
    public State resolve(Point point) {
        return new Resolver(history.disk(), loaded.log, timeline, running).resolve(point);
    }

    /** How many records there are. */
    public int records() {
        return loaded.log.size();
    }

    /** Whether nothing is recorded. */
    public boolean isEmpty() {
        return loaded.log.size() == 0;
    }

    /**
     * Where the records end, restorable or not: what a disk is compared with that the history is to go on for. The history
     * is not empty.
     */
    public State end() {
        int records = loaded.log.size();
        return new State(position(), loaded.log.time(records - 1), records);
    }

    /** The disk as it was. To be closed before this reader. */
    public PastView view(State state) {
        return PastView.build(history, loaded.log, state);
    }

    /** Whether records are missing, and the whole disk has not been read since: what the history holds is a guess. */
    public boolean endsDamaged() {
        return timeline.isDamaged();
    }

    /** What of the records could not be believed. */
    public List<Damage> damage() {
        return loaded.damage;
    }

    public List<Gap> gaps() {
        return timeline.gaps;
    }

    public List<MarkEntry> marks() {
        return timeline.marks;
    }

    /**
     * The guest's flushes in a stretch of time, the newest ones, oldest first.
     *
     * @param from microseconds since 1970
     * @param to likewise, itself included
     */
    public List<FlushPoint> flushPoints(long from, long to, int limit) {
        return FlushPoints.list(loaded.log, from, to, limit);
    }

    /**
     * What touched a range of the disk: the newest first.
     *
     * @param after leaves out what this state has already
     * @param upTo where to begin
     */
    public List<Touch> blame(long offset, long length, State after, State upTo, int limit) {
        return Blame.list(loaded.log, offset, offset + length, (int) after.records(), (int) upTo.records(), limit);
    }

    /** The state before anything was recorded: for {@link #blame} and {@link #changed} from the beginning. */
    public State begin() {
        return new State(0, isEmpty() ? 0 : loaded.log.time(0), 0);
    }

    /**
     * The extents in which two states may differ: what was written, or read in a gap, between them. They ascend and don't
     * overlap; their sort is that of {@code to}. The states may stand in either order.
     *
     * @param exact whether content is read and compared, so that only what differs is given
     */
    public void changed(State from, State to, boolean exact, Consumer<Extent> each) {
        Changed.run(this, loaded.log, from, to, exact, each);
    }

    public HistorySummary summary() {
        var log = loaded.log;
        long syncBytes = 0;
        for (int i = 0; i < log.size(); i++) {
            syncBytes += log.kind(i) == Kind.SYNC_DATA ? log.length(i) : 0;
        }
        return new HistorySummary(
                history.disk(),
                history.capacity(),
                coverage(),
                List.copyOf(timeline.gaps),
                List.copyOf(timeline.marks),
                List.copyOf(loaded.damage),
                position(),
                timeline.writes,
                timeline.counts[Kind.ZERO],
                timeline.counts[Kind.DISCARD],
                timeline.counts[Kind.FLUSH],
                timeline.guestBytes,
                syncBytes,
                dataBytes(),
                loaded.metaBytes,
                running,
                log.size() > 0 && log.kind(log.size() - 1) == Kind.CLEAN_END);
    }

    private List<Interval> coverage() {
        var log = loaded.log;
        var intervals = new ArrayList<Interval>();
        if (log.size() == 0) {
            return intervals;
        }
        long from = 0;
        long begin = log.time(0);
        boolean covered = true;
        for (var gap : timeline.gaps) {
            if (covered && gap.restorableBefore()) {
                intervals.add(new Interval(from, gap.from(), begin, gap.begin()));
            }
            covered = !gap.isOpen();
            from = gap.to();
            begin = gap.end();
        }
        if (covered) {
            intervals.add(new Interval(from, position(), begin, log.time(log.size() - 1)));
        }
        return intervals;
    }

    private long dataBytes() {
        long bytes = 0;
        try {
            for (var name : history.data().list()) {
                try (var segment = history.data().open(name)) {
                    bytes += segment.size();
                }
            }
        } catch (IOException e) {
            throw StoreException.of("history of " + history.disk(), e);
        }
        return bytes;
    }

    /** Reads all content and checks it against the records. */
    public List<Damage> checkData(Progress progress) {
        long total = dataBytes();
        return DataCheck.run(history, loaded.log, !loaded.holes.isEmpty(), read -> progress.at(read, total));
    }

    @Override
    public void close() {
        loaded.log.close();
    }
}
