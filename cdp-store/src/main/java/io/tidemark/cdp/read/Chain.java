// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.layer.ExtentSink;
import io.tidemark.cdp.layer.Layer;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.layer.LayerReader;
import io.tidemark.cdp.layer.LayerStack;
import io.tidemark.cdp.layer.MemoryLayer;
import io.tidemark.cdp.layer.PageCache;
import io.tidemark.cdp.layer.Undercut;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/** The layers that make a state: files, and in memory what only the log has. Belongs to one thread. */
final class Chain implements AutoCloseable {
    /** So many layers may be replaced by what their log segments say: 3 MiB each, and 12 where a segment has 16 MiB. */
    private static final int MOST_REPLACED = 8;

    private final History history;
    private final Log log;
    private final PageCache cache;
    private final Deque<Layer> newestFirst = new ArrayDeque<>();
    private int replaced;

    private Chain(History history, Log log, PageCache cache) {
        this.history = history;
        this.log = log;
        this.cache = cache;
    }

    /**
     * Opens what makes the state of so many records.
     *
     * @param damaged layer files that can't be used; more are added when they are found
     */
    static Chain open(
            History history, Catalogue catalogue, Log log, long records, PageCache cache, Set<Integer> damaged) {
        while (true) {
            var chain = new Chain(history, log, cache);
            // Others add to it meanwhile.
            var unusable = Set.copyOf(damaged);
            boolean opened = false;
            try {
                for (var piece : catalogue
                        .chain(records, file -> !unusable.contains(file))
                        .reversed()) {
                    chain.add(piece, damaged);
                }
                opened = true;
                return chain;
            } catch (LayerException e) {
                if (unusable.contains(e.file())) {
                    throw e.asDamage();
                }
                damaged.add(e.file());
            } finally {
                if (!opened) {
                    chain.close();
                }
            }
        }
    }

    LayerStack stack() {
        return new LayerStack(List.copyOf(newestFirst));
    }

    private void add(Catalogue.Piece piece, Set<Integer> damaged) {
        if (piece.layer() != null) {
            newestFirst.addFirst(LayerReader.open(history, piece.layer().file(), cache));
            return;
        }
        synchronized (log) {
            if (piece.from() < log.first()) {
                throw oldestDamaged(history, damaged);
            }
            for (int part = log.partOf(piece.from());
                    part < log.parts() && log.part(part).first() < piece.to();
                    part++) {
                addLog(part, (int) (Math.min(piece.to(), log.part(part).last())
                        - log.part(part).first()));
            }
        }
    }

    /** What lies before the log is in layers alone. */
    static StoreException oldestDamaged(History history, Set<Integer> damaged) {
        return new StoreException(
                Code.DAMAGED,
                "history of " + history.disk() + ": the layers that hold its oldest states are damaged or missing "
                        + List.copyOf(damaged) + ": run verify, and bring them back from a copy");
    }

    private void addLog(int part, int records) {
        if (log.isCatalogued(part) && records == log.part(part).records() && ++replaced > MOST_REPLACED) {
            throw new StoreException(
                    Code.DAMAGED,
                    "history of " + history.disk() + ": more than " + MOST_REPLACED
                            + " layers are damaged or missing: let an agent write this history, which makes them anew");
        }
        log.records(part, records);
        var loaded = log.load(part);
        var layer = new MemoryLayer();
        try {
            ExtentSink to = loaded.reachesBack(records)
                    ? new Undercut(stack(), log.part(part).before(), layer)
                    : layer;
            loaded.effect(records, to);
            newestFirst.addFirst(layer);
        } catch (IOException e) {
            layer.close();
            throw StoreException.of("history of " + history.disk(), e);
        } catch (RuntimeException e) {
            layer.close();
            throw e;
        }
    }

    /** How many layers there are. */
    int depth() {
        return newestFirst.size();
    }

    @Override
    public void close() {
        new ArrayList<>(newestFirst).forEach(Layer::close);
        newestFirst.clear();
    }
}
