// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoredBytes;
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
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
    private final Supplier<RetentionFile> wanted;
    private final Pace pace;
    private final Fold fold;
    private final LogPlaces places;
    private final Packing packing;

    /**
     * @param wanted what is to be kept; another whenever the pace is looked at
     * @param trouble told in a sentence what can't be done
     */
    Keeping(History history, CatalogueFile file, Supplier<RetentionFile> wanted, Pace pace, Consumer<String> trouble) {
        this.history = history;
        this.file = file;
        this.wanted = wanted;
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
        try (var pins = Pins.shut(history)) {
            pins.removeUnfinished();
        }
        sweep();
        removeLog();
        packing.removeLeftovers();
    }

    /**
     * One round.
     *
     * @param before nothing before this place of the log, in records, is wanted; 0 if anything may be
     * @param now in microseconds since 1970
     * @param enough asked between two segments that are packed: whether the rest, and what the quota takes, is left to a later round
     */
    KeeperReport round(long before, long now, BooleanSupplier enough) throws IOException {
        if (file.current().version() == 0) {
            return new KeeperReport(0, 0, StoredBytes.of(history).total(), Optional.empty());
        }
        sweep();
        var begin = file.current();
        var putOff = thin(before, now, 0, 0, before > 0 ? AT_ONCE : SHARE);
        boolean packed = packing.run(enough);
        var bytes = StoredBytes.of(history);
        for (int step = 0; packed && over(bytes) && putOff.isEmpty() && step < QUOTA_STEPS; step++) {
            var last = file.current();
            var least = Quota.least(last, choice(last, before, now), bytes, quota());
            if (least.states() + least.segments() == 0) {
                break;
            }
            putOff = thin(before, now, least.states(), least.segments(), AT_ONCE);
            packed = packing.run(enough);
            bytes = StoredBytes.of(history);
        }
        if (over(bytes) && putOff.isEmpty()) {
            putOff = Optional.of("the history takes " + bytes.total() + " bytes, more than its quota of " + quota()
                    + (packed
                            ? ": what is left are locked marks, points that are being read, and the newest states"
                            : ": what goes by that goes when the rest is packed"));
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

    private boolean over(StoredBytes bytes) {
        return bytes.total() > quota();
    }

    private long quota() {
        return wanted.get().retention().quota().orElse(Long.MAX_VALUE);
    }

    private Choice choice(Catalogue now, long before, long time) throws IOException {
        return Choice.of(history, now, wish(wanted.get(), before, time), pace::check);
    }

    /** What would go. */
    Preview preview(RetentionFile other, long before, long time) throws IOException {
        var now = file.current();
        // The choice may read much of the log: nobody waits at the gate meanwhile.
        return Preview.of(now, Choice.of(history, now, wish(other, before, time), pace::check));
    }

    /** What is asked for, and what readers need at the moment. */
    private Choice.Wish wish(RetentionFile by, long before, long time) {
        try (var pins = Pins.shut(history)) {
            return new Choice.Wish(by, pins.states(), before, time);
        }
    }

    /** @return why it was put off */
    private Optional<String> thin(long before, long time, int states, int segments, int share) throws IOException {
        var now = file.current();
        var by = wanted.get();
        var choice = Choice.of(history, now, wish(by, before, time).less(states, segments), pace::check);
        var plan = FoldPlan.of(now, choice.log(), choice.kept(), share);
        if (!plan.changes(now)) {
            return Optional.empty();
        }
        var next = Forgotten.without(fold.run(now, plan));
        pace.check();
        if (isOutdated(by, now, next)) {
            fold.remove(Fold.made(now, next));
            return thin(before, time, 0, 0, share);
        }
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

    /** Whether something else is wanted by now, so that more must stay. */
    private boolean isOutdated(RetentionFile by, Catalogue now, Catalogue next) {
        var last = wanted.get();
        return !last.retention().equals(by.retention()) || Choice.lacksLocked(next, now, last.locked());
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
