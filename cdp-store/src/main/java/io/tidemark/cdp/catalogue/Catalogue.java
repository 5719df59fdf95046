// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import io.tidemark.cdp.block.Generations;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * What a history consists of, but for the log segments behind {@link #log}, which are found in their volume. Immutable.
 *
 * <p>Places in the log are numbers of records, counted from the history's first, whether that is still there or not.
 *
 * @param version how often it was replaced
 * @param nextLayer the number of the next layer file
 * @param log the log segments that are still there and have a layer, ascending and without a hole
 * @param layers by {@link LayerEntry#to}; of equal ones, the longer first
 * @param generations of the data segments that were packed
 * @param kept the states that can be had before the first of {@code log}, ascending
 * @param account of the whole log up to the last of {@code log}
 */
public record Catalogue(
        long version,
        int nextLayer,
        List<LogSegment> log,
        List<LayerEntry> layers,
        Map<Integer, Integer> generations,
        List<KeptState> kept,
        LogAccount account)
        implements Generations {
    private static final Comparator<LayerEntry> ORDER =
            Comparator.comparingLong(LayerEntry::to).thenComparingLong(LayerEntry::from);

    /** Of a history that has none: everything is in the log. */
    public static final Catalogue EMPTY =
            new Catalogue(0, 1, List.of(), List.of(), Map.of(), List.of(), LogAccount.EMPTY);

    /** Likewise where there are layer files that nobody knows. */
    static Catalogue behind(int lastLayer) {
        return new Catalogue(0, lastLayer + 1, List.of(), List.of(), Map.of(), List.of(), LogAccount.EMPTY);
    }

    public Catalogue {
        log = List.copyOf(log);
        layers = layers.stream().sorted(ORDER).toList();
        generations = Map.copyOf(generations);
        kept = List.copyOf(kept);
    }

    /** The first place from which on every state can be had, gaps aside. */
    public long singles() {
        return log.isEmpty() ? account.records() : log.getFirst().first();
    }

    /** The number of the last log segment that has a layer; 0 if none has. */
    public int lastSegment() {
        return log.isEmpty() ? 0 : log.getLast().segment();
    }

    @Override
    public int of(int segment) {
        return generations.getOrDefault(segment, 0);
    }

    /** With no layer's number up to this one to be given any more. */
    Catalogue behindLayer(int number) {
        return new Catalogue(version, number + 1, log, layers, generations, kept, account);
    }

    /** With another log segment, its layer, and the account that includes it. */
    public Catalogue with(LogSegment segment, LayerEntry layer, LogAccount next) {
        var segments = new ArrayList<>(log);
        segments.add(segment);
        return new Catalogue(version, nextLayer, segments, layers, generations, kept, next).with(layer);
    }

    /** With another layer. */
    public Catalogue with(LayerEntry layer) {
        var all = new ArrayList<>(layers);
        all.add(layer);
        return new Catalogue(version, Math.max(nextLayer, layer.file() + 1), log, all, generations, kept, account);
    }

    /** Without some layers. */
    public Catalogue without(IntPredicate files) {
        return with(layers.stream().filter(layer -> !files.test(layer.file())).toList());
    }

    /** With other layers. */
    public Catalogue with(List<LayerEntry> others) {
        return new Catalogue(version, nextLayer, log, others, generations, kept, account);
    }

    /** With other log segments and kept states: when old ones go. */
    public Catalogue with(List<LogSegment> segments, List<KeptState> states) {
        return new Catalogue(version, nextLayer, segments, layers, generations, states, account);
    }

    /** With a data segment's next generation. */
    public Catalogue withGeneration(int segment, int generation) {
        var next = new TreeMap<>(generations);
        next.put(segment, generation);
        return new Catalogue(version, nextLayer, log, layers, next, kept, account);
    }

    /** With another account of the same log. */
    public Catalogue with(LogAccount other) {
        return new Catalogue(version, nextLayer, log, layers, generations, kept, other);
    }

    /** When nothing of a data segment is left. */
    public Catalogue withoutGeneration(int segment) {
        var next = new TreeMap<>(generations);
        next.remove(segment);
        return new Catalogue(version, nextLayer, log, layers, next, kept, account);
    }

    Catalogue replaced() {
        return new Catalogue(version + 1, nextLayer, log, layers, generations, kept, account);
    }

    /**
     * A stretch of the log that a state is made of.
     *
     * @param layer the layer that has its net effect; null where none has, so that the log must be read
     */
    public record Piece(long from, long to, LayerEntry layer) {}

    /**
     * What makes the state at {@code to}: as few pieces as possible, the newest first; they reach down to the first record, and may
     * overlap, which changes nothing.
     *
     * @param usable which layer files may be used
     */
    public List<Piece> chain(long to, IntPredicate usable) {
        return between(0, to, usable);
    }

    /**
     * Likewise what lies between two places: pieces that know of nothing before {@code from}, and together of all behind it.
     *
     * @param usable which layer files may be used
     */
    public List<Piece> between(long from, long to, IntPredicate usable) {
        var known = layers.stream()
                .filter(layer -> layer.from() >= from
                        && layer.to() <= to
                        && layer.from() < layer.to()
                        && usable.test(layer.file()))
                .toList();
        var chain = new ArrayList<Piece>();
        for (long at = to; at > from; ) {
            LayerEntry best = null;
            long below = from;
            for (var layer : known) {
                if (layer.to() >= at && layer.from() < at && (best == null || layer.from() < best.from())) {
                    best = layer;
                } else if (layer.to() < at) {
                    below = Math.max(below, layer.to());
                }
            }
            chain.add(best == null ? new Piece(below, at, null) : new Piece(best.from(), best.to(), best));
            at = best == null ? below : best.from();
        }
        return chain;
    }
}
