// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.catalogue.LayerEntry.Kind;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.layer.LayerReader;
import io.tidemark.cdp.layer.PageCache;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The layer files of a history, by what they say of themselves; without spans, which say again what others do.
 *
 * @param entries those that can be opened
 * @param last the highest number of a file
 * @param faults what is wrong with others, in words
 */
record FoundLayers(List<LayerEntry> entries, int last, List<String> faults) {
    private static final Comparator<LayerEntry> AGE = Comparator.comparingInt(LayerEntry::file);

    static FoundLayers of(History history) throws IOException {
        var entries = new ArrayList<LayerEntry>();
        var faults = new ArrayList<String>();
        int last = 0;
        try (var cache = new PageCache(1)) {
            for (var name : history.layers().list()) {
                if (name.indexOf('.') >= 0) {
                    continue;
                }
                last = Math.max(last, Integer.parseInt(name));
                try (var layer = LayerReader.open(history, Integer.parseInt(name), cache)) {
                    entries.add(layer.entry());
                } catch (LayerException e) {
                    faults.add(e.getMessage());
                }
            }
        }
        entries.removeIf(layer -> layer.kind() == Kind.SPAN);
        return new FoundLayers(List.copyOf(entries), last, List.copyOf(faults));
    }

    /** Whether the log has been thinned, or was going to be. */
    boolean isThinned() {
        return entries.stream().anyMatch(FoundLayers::isMerged);
    }

    private static boolean isMerged(LayerEntry layer) {
        return layer.kind() == Kind.BASE || layer.kind() == Kind.COARSE;
    }

    /** The fine layer of a log segment of so many records, of which the last is this. */
    Optional<LayerEntry> fine(long records, long number, long time) {
        return entries.stream()
                .filter(layer -> layer.kind() == Kind.FINE
                        && layer.to() - layer.from() == records
                        && layer.number() == number
                        && layer.time() == time)
                .max(AGE);
    }

    /** Those of what lies before a place, in records, and what took no other's place: a merged one that is newer, and holds as much, has. */
    FoundLayers before(long place) {
        var all = entries.stream().filter(layer -> layer.to() <= place).toList();
        var merged = all.stream().filter(FoundLayers::isMerged).toList();
        var left = all.stream()
                .filter(layer -> merged.stream()
                        .noneMatch(other -> other.file() > layer.file()
                                && other.from() <= layer.from()
                                && other.to() >= layer.to()))
                .toList();
        return new FoundLayers(left, last, faults);
    }

    /** The base, and what lies behind it from one kept state to the next. */
    List<LayerEntry> merged() {
        var chain = new ArrayList<LayerEntry>();
        for (var next = mergedFrom(0);
                next.isPresent();
                next = mergedFrom(next.get().to())) {
            chain.add(next.get());
        }
        return chain;
    }

    private Optional<LayerEntry> mergedFrom(long place) {
        return entries.stream()
                .filter(layer -> isMerged(layer) && layer.from() == place && layer.to() > place)
                .max(AGE);
    }
}
