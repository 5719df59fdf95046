// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.catalogue.KeptState;
import io.tidemark.cdp.catalogue.LogSegment;
import io.tidemark.cdp.pin.PinnedState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What stays of a history.
 *
 * @param log the log segments that stay: the last ones of the catalogue
 * @param kept the states that are kept before them, ascending
 * @param firm those of them that no quota takes
 */
record Choice(List<LogSegment> log, List<KeptState> kept, List<KeptState> firm) {
    /**
     * What is asked for.
     *
     * @param before nothing before this place of the log, in records, is wanted; 0 if anything may be
     * @param now in microseconds since 1970
     * @param fewer how many of the oldest states that the rules keep are to go none the less
     * @param shorter how many of the oldest log segments likewise
     */
    record Wish(
            RetentionRules rules,
            List<LockedMark> locked,
            List<PinnedState> pinned,
            long before,
            long now,
            int fewer,
            int shorter) {
        Wish(RetentionFile file, List<PinnedState> pinned, long before, long now) {
            this(file.retention().rules(), file.locked(), pinned, before, now, 0, 0);
        }

        Wish less(int states, int segments) {
            return new Wish(rules, locked, pinned, before, now, states, segments);
        }
    }

    /** Reads the log segments in which a state is to be kept that go. @param between two of them */
    static Choice of(History history, Catalogue catalogue, Wish wish, Runnable between) throws IOException {
        return new Finder(history, catalogue, wish, between).choice();
    }

    /** Whether a catalogue that came of another by an earlier wish lacks a state that is locked by now. */
    static boolean lacksLocked(Catalogue next, Catalogue former, List<LockedMark> locked) {
        var kept = next.kept().stream().map(KeptState::records).collect(Collectors.toSet());
        return lockedPlaces(former, locked).stream()
                .anyMatch(place -> place <= next.singles() && !kept.contains(place));
    }

    private static TreeSet<Long> lockedPlaces(Catalogue catalogue, List<LockedMark> locked) {
        var gaps = gaps(catalogue);
        var places = new TreeSet<Long>();
        for (var mark : catalogue.account().marks()) {
            if (mark.records() > 0
                    && locked.contains(new LockedMark(mark.name(), mark.number()))
                    && isExact(mark.records(), gaps)) {
                places.add(mark.records());
            }
        }
        return places;
    }

    private static List<Gap> gaps(Catalogue catalogue) {
        var gaps = new ArrayList<>(catalogue.account().gaps());
        catalogue.account().open().ifPresent(gaps::add);
        return gaps;
    }

    private static boolean isExact(long place, List<Gap> gaps) {
        return gaps.stream().noneMatch(gap -> gap.firstRecord() < place && place <= gap.lastRecord());
    }

    /** How many states are kept that a quota may take. */
    int loose() {
        return kept.size() - firm.size();
    }

    private static final class Finder {
        private final History history;
        private final Catalogue catalogue;
        private final Wish wish;
        private final Runnable between;
        private final List<Gap> gaps;
        private final long singles;

        Finder(History history, Catalogue catalogue, Wish wish, Runnable between) {
            this.history = history;
            this.catalogue = catalogue;
            this.wish = wish;
            this.between = between;
            this.gaps = gaps(catalogue);
            this.singles = catalogue.singles();
        }

        Choice choice() throws IOException {
            var points = KeptPoints.of(wish.rules(), stretches(), wish.now());
            int gone = wish.shorter();
            for (var segment : catalogue.log()) {
                gone += segment.end() < points.exactSince() || segment.last() <= wish.before() ? 1 : 0;
            }
            // The last one says where the log goes on.
            gone = Math.min(gone, Math.max(0, catalogue.log().size() - 1));
            var log = catalogue.log().subList(gone, catalogue.log().size());
            long left = gone == 0 ? singles : catalogue.log().get(gone - 1).last();
            var places = new TreeSet<Long>();
            if (wish.rules().keepAll()) {
                catalogue.kept().forEach(state -> places.add(state.records()));
            }
            for (long time : points.times()) {
                long place = floor(time);
                if (place > 0) {
                    places.add(place);
                }
            }
            places.removeIf(place -> place < wish.before());
            var firm = firm();
            places.addAll(firm);
            var kept = new ArrayList<KeptState>();
            var surely = new ArrayList<KeptState>();
            int fewer = wish.fewer();
            for (var state : states(new TreeSet<>(places.headSet(left, true))).values()) {
                if (firm.contains(state.records())) {
                    surely.add(state);
                } else if (fewer > 0) {
                    fewer--;
                    continue;
                }
                kept.add(state);
            }
            return new Choice(log, kept, surely);
        }

        /** The places of locked marks and pinned states. */
        private TreeSet<Long> firm() {
            var places = lockedPlaces(catalogue, wish.locked());
            wish.pinned().forEach(pinned -> places.add(pinned.records()));
            places.removeIf(place -> place <= 0);
            return places;
        }

        private List<Stretch> stretches() {
            var stretches = new ArrayList<Stretch>();
            for (var state : catalogue.kept()) {
                if (state.records() < singles) {
                    stretches.add(new Stretch(state.time(), state.time()));
                }
            }
            if (catalogue.log().isEmpty()) {
                return stretches;
            }
            long from = singles == 0 ? catalogue.log().getFirst().begin() : top().time();
            boolean exact = true;
            for (var gap : gaps) {
                if (!gap.isOpen() && gap.lastRecord() < singles) {
                    continue;
                }
                if (exact && gap.restorableBefore() && gap.firstRecord() >= singles && gap.begin() >= from) {
                    stretches.add(new Stretch(from, gap.begin()));
                }
                exact = !gap.isOpen();
                from = gap.end();
            }
            if (exact) {
                stretches.add(
                        new Stretch(from, Math.max(from, catalogue.account().time())));
            }
            return stretches;
        }

        /** The place of the last exact state at or before a time; 0 if there is none. */
        private long floor(long time) throws IOException {
            between.run();
            for (var segment : catalogue.log().reversed()) {
                if (segment.begin() <= time) {
                    try (var states = LogStates.of(history, segment)) {
                        return states.floor(time, gaps);
                    }
                }
            }
            if (!catalogue.log().isEmpty() && singles > 0 && isExact(singles, gaps) && top().time() <= time) {
                return singles;
            }
            for (var state : catalogue.kept().reversed()) {
                if (state.time() <= time) {
                    return state.records();
                }
            }
            return 0;
        }

        /** The state that the log begins with. */
        private KeptState top() {
            long until = catalogue.log().isEmpty()
                    ? catalogue.account().time()
                    : catalogue.log().getFirst().begin();
            return layered(singles, until);
        }

        /** A state that a layer ends with. */
        private KeptState layered(long place, long until) {
            for (var layer : catalogue.layers()) {
                if (layer.to() == place) {
                    return new KeptState(layer.number(), layer.time(), until, place);
                }
            }
            return new KeptState(0, 0, until, place);
        }

        private TreeMap<Long, KeptState> states(TreeSet<Long> places) throws IOException {
            var states = new TreeMap<Long, KeptState>();
            for (var state : catalogue.kept()) {
                if (places.remove(state.records())) {
                    states.put(state.records(), state);
                }
            }
            for (int i = 0; i < catalogue.log().size() && !places.isEmpty(); i++) {
                var segment = catalogue.log().get(i);
                var within = new TreeSet<>(places.subSet(segment.first(), false, segment.last(), true));
                if (within.isEmpty()) {
                    continue;
                }
                long after = i + 1 < catalogue.log().size()
                        ? catalogue.log().get(i + 1).begin()
                        : segment.end();
                between.run();
                try (var log = LogStates.of(history, segment)) {
                    for (long place : within) {
                        states.put(place, log.at(place, after));
                    }
                }
                places.removeAll(within);
            }
            for (long place : places) {
                states.put(place, place == singles ? top() : layered(place, 0));
            }
            return states;
        }
    }
}
