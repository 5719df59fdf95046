// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.Catalogue.Piece;
import io.tidemark.cdp.catalogue.KeptState;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.catalogue.LayerEntry.Kind;
import io.tidemark.cdp.catalogue.LogSegment;
import java.util.ArrayList;
import java.util.List;

/**
 * How a catalogue becomes one in which nothing but some states is left before the single writes.
 *
 * @param log the log segments that stay
 * @param kept the states that can be had before them
 * @param merges the layers to be made
 * @param stay the layers that go on as they are
 */
record FoldPlan(List<LogSegment> log, List<KeptState> kept, List<Merge> merges, List<LayerEntry> stay) {
    /**
     * One new layer.
     *
     * @param newestFirst what it is made of; reaches down to {@code from}, if need be below
     * @param number the last write up to {@code to}
     * @param time of the last record up to there, in microseconds since 1970
     */
    record Merge(Kind kind, long from, long to, long number, long time, List<Piece> newestFirst) {}

    /**
     * @param log the log segments that stay: the last ones of the catalogue
     * @param wanted the states that are kept before them, ascending
     * @param share the horizon moves, which writes the whole base anew, once what goes into it has at least one extent for so many of
     *     the base's
     */
    static FoldPlan of(Catalogue now, List<LogSegment> log, List<KeptState> wanted, int share) {
        int gone = now.log().size() - log.size();
        var end = gone == 0 ? null : now.log().get(gone - 1);
        long singles = end == null ? now.singles() : end.last();
        var kept = new ArrayList<>(wanted);
        boolean move = isDue(now, kept.isEmpty() ? singles : kept.getFirst().records(), share);
        if (!move) {
            // The horizon stays where it is for now, and what is older than the rules with it.
            long first = kept.isEmpty() ? Long.MAX_VALUE : kept.getFirst().records();
            var older =
                    now.kept().stream().filter(state -> state.records() < first).toList();
            kept.addAll(0, older);
        }
        var merges = new ArrayList<Merge>();
        var results = new ArrayList<LayerEntry>();
        long at = 0;
        for (var state : kept) {
            interval(now, at, state.records(), state.number(), state.time(), merges, results);
            at = state.records();
        }
        if (move && kept.isEmpty() && end != null) {
            interval(now, 0, singles, end.after(), end.end(), merges, results);
            at = singles;
        }
        var stay = new ArrayList<>(results);
        for (var layer : now.layers()) {
            if (layer.to() > at && !stay.contains(layer)) {
                stay.add(layer);
            }
        }
        return new FoldPlan(log, kept, merges, stay);
    }

    private static boolean isDue(Catalogue now, long horizon, int share) {
        long base = 0;
        long behind = 0;
        boolean isThere = false;
        for (var layer : now.layers()) {
            if (layer.kind() == Kind.BASE && layer.to() == horizon) {
                return true;
            }
            if (layer.kind() == Kind.BASE) {
                base = layer.extents();
                isThere = true;
            } else if (layer.kind() != Kind.SPAN && layer.from() < horizon) {
                behind += layer.extents();
            }
        }
        return !isThere || behind >= base / share;
    }

    /** One layer between two states: the one that is there, or a new one. */
    private static void interval(
            Catalogue now, long from, long to, long number, long time, List<Merge> merges, List<LayerEntry> results) {
        if (from == to) {
            return;
        }
        var kind = from == 0 ? Kind.BASE : Kind.COARSE;
        for (var layer : now.layers()) {
            if (layer.kind() == kind && layer.from() == from && layer.to() == to) {
                results.add(layer);
                return;
            }
        }
        merges.add(new Merge(kind, from, to, number, time, pieces(now, from, to)));
    }

    /** What the records [from, to) are made of, the newest first: layers that know nothing else, as far as there are such. */
    private static List<Piece> pieces(Catalogue now, long from, long to) {
        var pieces = new ArrayList<Piece>();
        for (long at = to; at > from; ) {
            var next = piece(now, from, at, to);
            pieces.add(next);
            at = next.from();
        }
        return pieces;
    }

    private static Piece piece(Catalogue now, long from, long at, long to) {
        LayerEntry within = null;
        LayerEntry beyond = null;
        for (var layer : now.layers()) {
            if (layer.to() > to || layer.to() < at) {
                continue;
            }
            if (layer.from() < at && layer.from() >= from) {
                within = within == null || layer.from() < within.from() ? layer : within;
            } else if (layer.from() < from) {
                beyond = beyond == null || layer.from() > beyond.from() ? layer : beyond;
            }
        }
        var best = within == null ? beyond : within;
        if (best != null) {
            return new Piece(best.from(), best.to(), best);
        }
        // A state in the middle of a log segment: no layer ends there.
        return new Piece(segmentOf(now, at), at, null);
    }

    private static long segmentOf(Catalogue now, long at) {
        for (var segment : now.log()) {
            if (segment.first() < at && at <= segment.last()) {
                return segment.first();
            }
        }
        throw new IllegalStateException("no log segment holds record " + at);
    }

    /** Whether there is anything to do. */
    boolean changes(Catalogue now) {
        return !merges.isEmpty()
                || log.size() != now.log().size()
                || !kept.equals(now.kept())
                || stay.size() != now.layers().size();
    }
}
