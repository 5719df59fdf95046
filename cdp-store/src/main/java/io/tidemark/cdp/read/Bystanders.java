// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.layer.LayerReader;
import io.tidemark.cdp.layer.PageCache;
import java.util.List;
import java.util.Set;

/**
 * Tells log segments that never touched a range of the disk by their layers, spans first: so most of a long log needn't be read. One layer
 * is open at a time. Belongs to one thread.
 */
final class Bystanders implements AutoCloseable {
    private static final long CACHED = 1 << 20;

    private final History history;
    private final List<LayerEntry> layers;
    private final List<Gap> gaps;
    private final Set<Integer> damaged;
    private final long offset;
    private final long end;
    private final PageCache cache = new PageCache(CACHED);

    /** @param damaged layer files that can't be used; more are added when they are found */
    Bystanders(History history, Catalogue catalogue, List<Gap> gaps, Set<Integer> damaged, long offset, long end) {
        this.history = history;
        this.layers = catalogue.layers();
        this.gaps = gaps;
        this.damaged = damaged;
        this.offset = offset;
        this.end = end;
    }

    /**
     * Goes back over records that never touched the range.
     *
     * @param records a place in the log: the end of a log segment
     * @return the place behind which nothing touched the range, or {@code records} where that can't be told without reading them
     */
    long back(long records) {
        // Of those that end at one place, the widest comes first.
        for (var layer : layers) {
            if (layer.to() == records && layer.from() < records && !mayLack(layer) && !touches(layer.file())) {
                return layer.from();
            }
        }
        return records;
    }

    /** Whether something in its stretch was read in a gap that began before it: where that was overtaken, the layer doesn't name it. */
    private boolean mayLack(LayerEntry layer) {
        long latest = layer.kind() == LayerEntry.Kind.FINE ? layer.from() : layer.to();
        return gaps.stream().anyMatch(gap -> gap.firstRecord() < latest && gap.lastRecord() >= layer.from());
    }

    private boolean touches(int file) {
        if (damaged.contains(file)) {
            return true;
        }
        try (var layer = LayerReader.open(history, file, cache)) {
            var cursor = layer.cursor();
            return layer.mayHold(offset, end) && cursor.seek(offset) && cursor.offset() < end;
        } catch (LayerException e) {
            damaged.add(e.file());
            return true;
        }
    }

    @Override
    public void close() {
        cache.close();
    }
}
