// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoredBytes;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.catalogue.KeptState;
import io.tidemark.cdp.catalogue.LogAccount;
import io.tidemark.cdp.catalogue.LogSegment;
import io.tidemark.cdp.catalogue.MarkEntry;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.pin.Pin;
import io.tidemark.cdp.pin.PinnedState;
import io.tidemark.cdp.read.HistorySummary.Interval;
import io.tidemark.disk.Extent;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A disk's history as it was when this was opened: what was appended since is not seen. Takes no lock. Opening it reads the catalogue and
 * the log segments that have no layer yet, which stay in memory, 56 bytes a record; of the others at most one is in memory. Without a
 * catalogue all of the log is.
 *
 * <p>May be used by several threads until it is closed; a {@link PastView} belongs to one thread.
 */
public final class HistoryReader implements AutoCloseable {
    private static final int ATTEMPTS = 5;

    private final History history;
    private final boolean running;
    private final Catalogue catalogue;
    private final List<Damage> damage = new ArrayList<>();
    private final Log log;
    private final List<Gap> gaps;
    /** Layer files that turned out to be damaged. */
    private final Set<Integer> damagedLayers = ConcurrentHashMap.newKeySet();

    private final Pin pin;

    private HistoryReader(History history, boolean running, Pin pin) throws IOException {
        this.history = history;
        this.running = running;
        this.pin = pin;
        var found = LostCatalogue.read(history);
        this.catalogue = found.catalogue().orElse(Catalogue.EMPTY);
        for (var fault : found.faults()) {
            damage.add(new Damage(history.place().name() + "/" + CatalogueFile.NAME, 0, fault, 0, 0, false));
        }
        this.log = Log.open(history, catalogue);
        damage.addAll(log.damage());
        this.gaps = new ArrayList<>(log.account().gaps());
        log.account().open().ifPresent(gaps::add);
    }

    /** @param running whether a writer has the history now; without one, nothing is known of times after its last record */
    public static HistoryReader open(History history, boolean running) {
        return open(history, running, Pin.NONE);
    }

    /** Likewise with a pin, which is closed with the reader: until then what it needs stays. */
    public static HistoryReader open(History history, boolean running, Pin pin) {
        for (int attempt = 1; ; attempt++) {
            try {
                return new HistoryReader(history, running, pin);
            } catch (NoSuchFileException e) {
                // A segment may have got its layers, and gone, since the catalogue was read.
                if (attempt == ATTEMPTS) {
                    throw StoreException.of("history of " + history.disk(), e);
                }
            } catch (IOException e) {
                throw StoreException.of("history of " + history.disk(), e);
            }
        }
    }

    public History history() {
        return history;
    }

    /** What the history consists of. */
    public Catalogue catalogue() {
        return catalogue;
    }

    /** The last write number recorded. */
    public long position() {
        return log.account().position();
    }

    /**
     * The state that a point names. {@link Point.Latest} is the newest that can be restored, if need be the one before an
     * open gap.
     *
     * @throws StoreException NOT_RESTORABLE in a gap, or where only some states are kept; BEYOND outside the history, NOT_FOUND for an
     *     unknown mark
     */
    public State resolve(Point point) {
        synchronized (log) {
            return new Resolver(history.disk(), log, catalogue, gaps, running).resolve(point);
        }
    }

    /** A point that names a state's content, and no other content: two states with one number may differ by what was read in a gap. */
    public String nameOf(State state) {
        synchronized (log) {
            return new Resolver(history.disk(), log, catalogue, gaps, running).name(state);
        }
    }

    /** How many records there are, or were. */
    public long records() {
        return log.size();
    }

    /** Whether nothing is recorded. */
    public boolean isEmpty() {
        return log.size() == 0;
    }

    /**
     * Where the records end, restorable or not: what a disk is compared with that the history is to go on for. The history
     * is not empty.
     */
    public State end() {
        return new State(position(), log.account().time(), log.size());
    }

    /** The disk as it was. To be closed before this reader. */
    public PastView view(State state) {
        return PastView.open(history, catalogue, log, state, damagedLayers, false);
    }

    /** Likewise, when most of its content will be read, once: another MiB of memory, and past the page cache. */
    public PastView viewAsWhole(State state) {
        return PastView.open(history, catalogue, log, state, damagedLayers, true);
    }

    /** Whether records are missing, and the whole disk has not been read since: what the history holds is a guess. */
    public boolean endsDamaged() {
        return log.account().damaged();
    }

    /** Says that from now on only one state is looked at, which has been looked at once: all else may go. */
    public void narrow(State state) {
        var layers = catalogue.chain(state.records(), file -> !damagedLayers.contains(file)).stream()
                .filter(piece -> piece.layer() != null)
                .map(piece -> piece.layer().file())
                .toList();
        pin.narrow(new PinnedState(state.number(), state.time(), state.records(), layers));
    }

    /** What of the catalogue, and of the log segments that have no layer, could not be believed. */
    public List<Damage> damage() {
        return damage;
    }

    public List<Gap> gaps() {
        return gaps;
    }

    public List<MarkEntry> marks() {
        return log.account().marks();
    }

    /** The states that are kept from before the time of which all are there, ascending. */
    public List<KeptState> kept() {
        return catalogue.kept();
    }

    /**
     * The guest's flushes in a stretch of time, the newest ones, oldest first.
     *
     * @param from microseconds since 1970
     * @param to likewise, itself included
     */
    public List<FlushPoint> flushPoints(long from, long to, int limit) {
        synchronized (log) {
            return FlushPoints.list(log, from, to, limit);
        }
    }

    /**
     * What touched a range of the disk: the newest first.
     *
     * @param after leaves out what this state has already
     * @param upTo where to begin
     */
    public List<Touch> blame(long offset, long length, State after, State upTo, int limit) {
        synchronized (log) {
            long end = offset + length;
            try (var bystanders = new Bystanders(history, catalogue, gaps, damagedLayers, offset, end)) {
                return Blame.list(log, bystanders, offset, end, after.records(), upTo.records(), limit);
            }
        }
    }

    /** The state before anything was recorded: for {@link #blame} and {@link #changed} from the beginning. */
    public State begin() {
        return new State(0, log.account().begin(), 0);
    }

    /**
     * The extents in which two states may differ: what was written, or read in a gap, between them. They ascend and don't
     * overlap; their sort is that of {@code to}. The states may stand in either order.
     *
     * @param exact whether content is read and compared, so that only what differs is given; all of it, where neither records nor
     *     layers say what lies between the states
     * @throws StoreException NOT_RESTORABLE if they don't, and content is not to be compared
     */
    public void changed(State from, State to, boolean exact, Consumer<Extent> each) {
        Changed.run(this, between(from, to), from, to, exact, each);
    }

    /** Whether {@link #changed} knows what was written between two states, without comparing them. */
    public boolean tellsChanges(State from, State to) {
        return between(from, to).isTold();
    }

    private Between between(State from, State to) {
        return new Between(history, catalogue, log, damagedLayers, from, to);
    }

    public HistorySummary summary() {
        LogAccount account = log.account();
        return new HistorySummary(
                history.disk(),
                history.capacity(),
                coverage(),
                (int) keptStates().count(),
                List.copyOf(gaps),
                List.copyOf(marks()),
                List.copyOf(damage),
                position(),
                account.writes(),
                account.count(Kind.ZERO),
                account.count(Kind.DISCARD),
                account.count(Kind.FLUSH),
                account.guestBytes(),
                account.syncBytes(),
                running,
                log.size() > 0 && account.clean());
    }

    /** The intervals of which every state is there; a kept one is an interval of its own. */
    private List<Interval> coverage() {
        var intervals = new ArrayList<Interval>();
        keptStates()
                .forEach(state ->
                        intervals.add(new Interval(state.number(), state.number(), state.time(), state.until())));
        if (log.size() == 0 || log.parts() == 0) {
            return intervals;
        }
        var first = log.part(0);
        boolean whole = first.first() == 0;
        long from = whole ? 0 : first.before();
        long begin = Resolver.firstTime(log, catalogue.layers(), first.begin());
        boolean covered = true;
        for (var gap : gaps) {
            if (!gap.isOpen() && gap.lastRecord() < first.first()) {
                continue;
            }
            if (covered && gap.restorableBefore() && gap.firstRecord() >= first.first()) {
                intervals.add(new Interval(from, gap.from(), begin, gap.begin()));
            }
            covered = !gap.isOpen();
            from = gap.to();
            begin = gap.end();
        }
        if (covered) {
            intervals.add(new Interval(from, position(), begin, log.account().time()));
        }
        return intervals;
    }

    /** Likewise, without those that damage to the log has made untellable. Reads all of the log. */
    public List<Interval> tellable() {
        synchronized (log) {
            var intervals = coverage();
            for (int part = 0; part < log.parts(); part++) {
                var told = log.toldOf(part);
                if (told.isPresent()) {
                    intervals = without(intervals, told.get(), log.part(part));
                }
            }
            return intervals;
        }
    }

    private static List<Interval> without(List<Interval> intervals, Log.Told told, LogSegment part) {
        var left = new ArrayList<Interval>();
        for (var interval : intervals) {
            if (interval.to() <= told.number() || interval.from() >= part.after()) {
                left.add(interval);
                continue;
            }
            if (interval.from() <= told.number()) {
                left.add(new Interval(interval.from(), told.number(), interval.begin(), told.time()));
            }
            if (interval.to() >= part.after()) {
                left.add(new Interval(part.after(), interval.to(), part.end(), interval.end()));
            }
        }
        return left;
    }

    private Stream<KeptState> keptStates() {
        return catalogue.kept().stream().filter(state -> state.records() < log.first());
    }

    /** Reads all of the history, segment by segment, and checks it: log, content, layers. */
    public List<Damage> checkData(Progress progress) {
        long total = StoredBytes.of(history).content();
        synchronized (log) {
            return new DataCheck(history, catalogue, log, read -> progress.at(read, total)).run();
        }
    }

    @Override
    public void close() {
        log.close();
        pin.close();
    }
}
