// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.LogSegment;
import io.tidemark.cdp.pin.PinnedState;
import io.tidemark.cdp.pin.Pins;
import io.tidemark.cdp.read.LogEffect;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Keeps a history small: chooses what stays, folds, packs, deletes. A round may be ended anywhere, by a crash too: what it has made
 * counts when the catalogue names it, and what nobody names goes at the next start.
 *
 * <p>Belongs to the one thread that keeps the history, whose process has the lease.
 */
final class Keeping {
    /** The base is written anew when what goes into it has at least an eighth of its extents. */
    private static final int SHARE = 8;

    private static final int AT_ONCE = Integer.MAX_VALUE;

    /** How often a round may take more away before it looks at the quota again in the next one. */
    private static final int QUOTA_STEPS = 64;

    private final History history;
    private final CatalogueFile file;
    private final Pace pace;
    private final Fold fold;
    private final LogPlaces places;
    private final Packing packing;

    /** @param trouble told in a sentence what can't be done */
    Keeping(History history, CatalogueFile file, Pace pace, Consumer<String> trouble) {
        this.history = history;
        this.file = file;
        this.pace = pace;
        this.fold = new Fold(
                history,
                (from, to, after) -> LogEffect.of(history, file.current(), from, to, after),
                pace,
                file::takeNumber);
        this.places = new LogPlaces(history, pace);
        this.packing = new Packing(history, file, places, pace, trouble);
    }

    /** Removes what a crash has left. */
    void begin() throws IOException {
        sweep();
        removeLog();
        packing.removeLeftovers();
    }

    /**
     * One round.
     *
     * @param before nothing before this place of the log, in records, is wanted; 0 if anything may be
     * @param now in microseconds since 1970
     */
    KeeperReport round(RetentionFile wanted, long before, long now) throws IOException {
        if (file.current().version() == 0) {
            return new KeeperReport(0, 0, StoredBytes.of(history).total(), Optional.empty());
        }
        sweep();
        var begin = file.current();
        var putOff = thin(wanted, before, now, 0, 0, before > 0 ? AT_ONCE : SHARE);
        packing.run();
        var bytes = StoredBytes.of(history);
        for (int step = 0; over(wanted, bytes) && putOff.isEmpty() && step < QUOTA_STEPS; step++) {
            var last = file.current();
            var least = Quota.least(
                    last,
                    choice(last, wanted, before, now),
                    bytes,
                    wanted.retention().quota().getAsLong());
            if (least.states() + least.segments() == 0) {
                break;
            }
            putOff = thin(wanted, before, now, least.states(), least.segments(), AT_ONCE);
            packing.run();
            bytes = StoredBytes.of(history);
        }
        if (over(wanted, bytes) && putOff.isEmpty()) {
            putOff = Optional.of("the history takes " + bytes.total() + " bytes, more than its quota of "
                    + wanted.retention().quota().getAsLong()
                    + ": what is left are locked marks, points that are being read, and the newest states");
        }
        if (putOff.isEmpty()) {
            putOff = heldBefore(before);
        }
        return report(begin, bytes.total(), putOff);
    }

    private KeeperReport report(Catalogue begin, long bytes, Optional<String> putOff) {
        var end = file.current();
        var segments = end.log().stream().map(LogSegment::segment).collect(Collectors.toSet());
        int gone = (int) begin.log().stream()
                .filter(segment -> !segments.contains(segment.segment()))
                .count();
        int states = (int) begin.kept().stream()
                .filter(state -> !end.kept().contains(state))
                .count();
        return new KeeperReport(gone, states, bytes, putOff);
    }

    private static boolean over(RetentionFile wanted, StoredBytes bytes) {
        return wanted.retention().quota().isPresent()
                && bytes.total() > wanted.retention().quota().getAsLong();
    }

    private Choice choice(Catalogue now, RetentionFile wanted, long before, long time) throws IOException {
        return Choice.of(history, now, wish(wanted, before, time));
    }

    /** What is asked for, and what readers need at the moment. */
    Choice.Wish wish(RetentionFile wanted, long before, long time) {
        try (var pins = Pins.shut(history)) {
            return new Choice.Wish(wanted, pins.states(), before, time);
        }
    }

    /** @return why it was put off */
    private Optional<String> thin(RetentionFile wanted, long before, long time, int states, int segments, int share)
            throws IOException {
        var now = file.current();
        var choice = Choice.of(history, now, wish(wanted, before, time).less(states, segments));
        var plan = FoldPlan.of(now, choice.log(), choice.kept(), share);
        if (!plan.changes(now)) {
            return Optional.empty();
        }
        var next = Forgotten.without(fold.run(now, plan));
        pace.check();
        try (var pins = Pins.shut(history)) {
            var reason = refuses(pins, next);
            if (reason.isPresent()) {
                fold.remove(Fold.made(now, next));
                return reason;
            }
            file.publish(next);
        }
        sweep();
        removeLog();
        places.retain(next.log().stream().map(LogSegment::segment).collect(Collectors.toCollection(HashSet::new)));
        return Optional.empty();
    }

    /** Deletes what the catalogue doesn't name, but for layers that are still read. */
    private void sweep() throws IOException {
        try (var pins = Pins.shut(history)) {
            file.removeUnnamed(pins::reads);
        }
    }

    /** Who came since the choice was made, and would lose what it reads. */
    private static Optional<String> refuses(Pins pins, Catalogue next) {
        if (pins.everything() > 0) {
            return Optional.of(pins.everything() + " that read the whole history, or have just begun");
        }
        return pins.states().stream()
                .filter(state -> state.records() < next.singles()
                        && next.kept().stream().noneMatch(kept -> kept.records() == state.records()))
                .findFirst()
                .map(Keeping::reads);
    }

    private static String reads(PinnedState state) {
        return "one that reads the state at write " + state.number();
    }

    /** Whose state stays though nothing before a place of the log is wanted. */
    private Optional<String> heldBefore(long before) {
        if (before == 0) {
            return Optional.empty();
        }
        try (var pins = Pins.shut(history)) {
            return pins.states().stream()
                    .filter(state -> state.records() < before)
                    .findFirst()
                    .map(Keeping::reads);
        }
    }

    /** Deletes log segments before the first that the catalogue names. */
    private void removeLog() throws IOException {
        var now = file.current();
        if (now.log().isEmpty()) {
            return;
        }
        int first = now.log().getFirst().segment();
        for (var name : history.meta().list()) {
            if (Integer.parseInt(name) < first) {
                try {
                    history.meta().delete(name);
                } catch (NoSuchFileException _) {
                    // As it should be.
                }
            }
        }
    }
}
