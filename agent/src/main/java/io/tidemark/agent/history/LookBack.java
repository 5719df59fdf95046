// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.read.Touch;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Looks into a stretch of a history. */
final class LookBack implements AutoCloseable {
    private final Stretch stretch;
    private final HistoryReader reader;

    private LookBack(Stretch stretch, HistoryReader reader) {
        this.stretch = stretch;
        this.reader = reader;
    }

    static LookBack at(Stretch stretch) {
        try {
            return new LookBack(stretch, Store.open(stretch.store().place()).read(stretch.disk()));
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    FlushReport flushes(int limit) {
        try {
            long from = time(stretch.from(), Long.MIN_VALUE);
            long to = time(stretch.to(), Long.MAX_VALUE);
            checkOrder(from, to);
            List<FlushReport.Flush> found = reader.flushPoints(from, to, limit).stream()
                    .map(flush -> new FlushReport.Flush(flush.number(), Micros.instant(flush.time())))
                    .toList();
            return new FlushReport(stretch.disk(), reader.summary().flushes(), found);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    private void checkOrder(long from, long to) {
        if (from > to) {
            throw new AgentException(
                    Code.USAGE,
                    "disk " + stretch.disk(),
                    "the second point lies before the first",
                    "name the earlier one first");
        }
    }

    /** A time needn't be restorable to bound a list. */
    private long time(Optional<Point> point, long otherwise) {
        return point.map(at -> at instanceof Point.Time time
                        ? time.micros()
                        : reader.resolve(at).time())
                .orElse(otherwise);
    }

    BlameReport blame(long offset, long length, int limit) {
        if (offset < 0 || length <= 0 || offset > reader.history().capacity() - length) {
            throw new AgentException(
                    Code.USAGE,
                    "disk " + stretch.disk(),
                    "has " + reader.history().capacity() / 512 + " sectors, and the range doesn't lie in them",
                    "name sectors of 512 bytes that it has");
        }
        try {
            State from = from();
            State to = to();
            checkOrder(from.records(), to.records());
            List<Touch> found = reader.blame(offset, length, from, to, limit + 1);
            return new BlameReport(
                    stretch.disk(),
                    offset,
                    length,
                    found.stream().limit(limit).map(LookBack::touch).toList(),
                    found.size() > limit);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    private static BlameReport.Touch touch(Touch touch) {
        String kind = touch.sort().name().toLowerCase(Locale.ROOT).replace('_', '-');
        return new BlameReport.Touch(
                touch.number(), Micros.instant(touch.time()), kind, touch.offset(), touch.length());
    }

    void changed(boolean exact, ChangedReport.Sink sink) {
        try {
            State from = from();
            State to = to();
            sink.begin(new ChangedReport(stretch.disk(), reader.history().capacity(), state(from), state(to), exact));
            reader.changed(
                    from,
                    to,
                    exact,
                    extent ->
                            sink.extent(new ChangedReport.Extent(extent.offset(), extent.length(), !extent.isData())));
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    private static ChangedReport.State state(State state) {
        return new ChangedReport.State(state.number(), Micros.instant(state.time()));
    }

    private State from() {
        return stretch.from().map(reader::resolve).orElseGet(reader::begin);
    }

    private State to() {
        return reader.resolve(stretch.to().orElse(new Point.Latest()));
    }

    @Override
    public void close() {
        reader.close();
    }
}
