// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.Catalogue.Piece;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.layer.LayerReader;
import io.tidemark.cdp.layer.PageCache;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The records between two places of the log, as far as layers or the log have them. Where a layer lies wholly between the places, its extents
 * stand for its records, so of a long stretch two log segments are read at the most: those that the places lie in. One layer is open at
 * a time. Belongs to one thread.
 */
final class Between {
    private static final long CACHED = 1 << 20;

    private final History history;
    private final Catalogue catalogue;
    private final Log log;
    private final Set<Integer> damaged;
    private final long first;
    private final long end;

    /** @param damaged layer files that can't be used; more are added when they are found */
    Between(History history, Catalogue catalogue, Log log, Set<Integer> damaged, State one, State other) {
        this.history = history;
        this.catalogue = catalogue;
        this.log = log;
        this.damaged = damaged;
        this.first = Math.min(one.records(), other.records());
        this.end = Math.max(one.records(), other.records());
    }

    /** Whether it is known what they touched: where only some states are kept, only between two of these. */
    boolean isTold() {
        return pieces().stream().allMatch(piece -> piece.layer() != null || piece.from() >= log.first());
    }

    private List<Piece> pieces() {
        var pieces = new ArrayList<Piece>();
        for (var piece : catalogue.between(first, end, this::isUsable)) {
            if (piece.layer() != null || piece.from() >= log.first()) {
                pieces.add(piece);
                continue;
            }
            if (piece.to() > log.first()) {
                pieces.add(new Piece(log.first(), piece.to(), null));
            }
            pieces.add(withoutLog(piece.from(), Math.min(piece.to(), log.first())));
        }
        return pieces;
    }

    /** Where the log is gone that a state lies in, by a layer that begins before the state: it knows of a little more than is asked. */
    private Piece withoutLog(long from, long to) {
        LayerEntry best = null;
        for (var layer : catalogue.layers()) {
            boolean reaches = layer.to() == to && layer.from() < from && isUsable(layer.file());
            if (reaches && (best == null || layer.from() > best.from())) {
                best = layer;
            }
        }
        return new Piece(best == null ? from : best.from(), to, best);
    }

    private boolean isUsable(int layer) {
        return !damaged.contains(layer);
    }

    /**
     * Adds what they touched of a window of the disk.
     *
     * @param sectors takes offsets from the window's begin
     */
    void touched(long from, long to, BlockSet sectors) {
        try (var cache = new PageCache(CACHED)) {
            while (true) {
                try {
                    for (var piece : pieces()) {
                        if (piece.layer() == null) {
                            records(piece, from, to, sectors);
                        } else {
                            extents(piece.layer().file(), cache, from, to, sectors);
                        }
                    }
                    return;
                } catch (LayerException e) {
                    if (!damaged.add(e.file())) {
                        throw e.asDamage();
                    }
                }
            }
        }
    }

    private void extents(int file, PageCache cache, long from, long to, BlockSet sectors) {
        try (var layer = LayerReader.open(history, file, cache)) {
            if (!layer.mayHold(from, to)) {
                return;
            }
            var cursor = layer.cursor();
            for (boolean found = cursor.seek(from); found && cursor.offset() < to; found = cursor.next()) {
                add(cursor.offset(), cursor.end(), from, to, sectors);
            }
        }
    }

    private void records(Piece piece, long from, long to, BlockSet sectors) {
        synchronized (log) {
            if (piece.from() < log.first()) {
                throw Chain.oldestDamaged(history, damaged);
            }
            for (int part = log.partOf(piece.from());
                    part < log.parts() && log.part(part).first() < piece.to();
                    part++) {
                long before = log.part(part).first();
                var records = log.records(part);
                int last = (int) Math.min(records.size(), piece.to() - before);
                for (int i = (int) Math.max(0, piece.from() - before); i < last; i++) {
                    if (Kind.isChange(records.kind(i)) || Kind.isSync(records.kind(i))) {
                        add(records.offset(i), records.offset(i) + records.length(i), from, to, sectors);
                    }
                }
            }
        }
    }

    private static void add(long offset, long end, long from, long to, BlockSet sectors) {
        long begin = Math.max(offset, from);
        long length = Math.min(end, to) - begin;
        if (length > 0) {
            sectors.add(begin - from, length);
        }
    }
}
