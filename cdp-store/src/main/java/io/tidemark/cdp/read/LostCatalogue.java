// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.block.PackedSegment;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.KeptState;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.catalogue.LogAccount;
import io.tidemark.cdp.volume.SegmentName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The catalogue of a thinned history, made anew from its layers, log segments and packed segments where both copies are lost. Each layer
 * says which stretch of the log it stands for; so the states are known that are kept, and where the log goes on behind them.
 *
 * <p>What only the catalogue had is lost: marks and gaps of the time before the log, what was written until then, and until when each of the
 * kept states lasted.
 */
public final class LostCatalogue {
    private LostCatalogue() {}

    /** Reads a history's catalogue, or makes it anew; empty where everything is in the log. */
    public static CatalogueFile.Found read(History history) throws IOException {
        var found = CatalogueFile.read(history);
        if (found.catalogue().isPresent() || history.layers().list().isEmpty() || FoundLog.isWhole(history)) {
            return found;
        }
        var layers = FoundLayers.of(history);
        if (!layers.isThinned()) {
            return found;
        }
        var catalogue = catalogue(history, layers);
        var faults = new ArrayList<>(found.faults());
        faults.addAll(layers.faults());
        faults.add(history.place().name() + "/" + CatalogueFile.NAME
                + ": both copies are lost; made anew from the layers: "
                + catalogue.kept().size()
                + " kept states, but marks and gaps before "
                + (catalogue.log().isEmpty()
                        ? "the log"
                        : "write " + catalogue.log().getFirst().before())
                + " are not known any more; whoever writes the history next puts it in place");
        return new CatalogueFile.Found(Optional.of(catalogue), List.copyOf(faults));
    }

    /** The log goes on where layers reach: segments before that were about to be deleted, or are damaged. */
    private static Catalogue catalogue(History history, FoundLayers found) throws IOException {
        var generations = generations(history);
        for (int number : FoundLog.numbers(history)) {
            var log = FoundLog.from(history, found, number);
            if (log.isPresent()
                    && reaches(
                            catalogue(found, generations, log.get()), log.get().first())) {
                return catalogue(found, generations, log.get().followed(history, found));
            }
        }
        return catalogue(found, generations, FoundLog.NONE);
    }

    private static boolean reaches(Catalogue catalogue, long place) {
        return catalogue.chain(place, _ -> true).stream().noneMatch(piece -> piece.layer() == null);
    }

    private static Catalogue catalogue(FoundLayers found, Map<Integer, Integer> generations, FoundLog log) {
        var before = found.before(log.first());
        var merged = before.merged();
        long end = merged.isEmpty() ? 0 : merged.getLast().to();
        var layers = new ArrayList<>(merged);
        if (log != FoundLog.NONE) {
            // From the last kept state to the log, and of the log.
            before.entries().stream()
                    .filter(layer -> layer.kind() == LayerEntry.Kind.FINE && layer.to() > end)
                    .forEach(layers::add);
            layers.addAll(log.layers());
        }
        return new Catalogue(
                0,
                found.last() + 1,
                log.segments(),
                layers,
                generations,
                // The log begins with a state, too, but perhaps not with one that is exact.
                merged.stream()
                        .filter(layer -> layer.to() < log.first())
                        .map(layer -> new KeptState(layer.number(), layer.time(), layer.time(), layer.to()))
                        .toList(),
                log == FoundLog.NONE ? behind(merged) : log.account());
    }

    /** Where nobody knows how many records there were before the log: what is in it counts from the next gap's end on. */
    private static LogAccount behind(List<LayerEntry> merged) {
        if (merged.isEmpty()) {
            return LogAccount.EMPTY;
        }
        var last = merged.getLast();
        return LogAccount.behind(last.to(), 0, last.number(), last.time(), Optional.empty());
    }

    /** The last ones that are whole: what a crash has left behind the one that counted has as much. */
    private static Map<Integer, Integer> generations(History history) throws IOException {
        var generations = new HashMap<Integer, Integer>();
        for (var name : history.packed().list()) {
            int segment = SegmentName.number(name);
            int generation = SegmentName.generation(name);
            if (generation > generations.getOrDefault(segment, 0)
                    && PackedSegment.isWhole(history, segment, generation)) {
                generations.put(segment, generation);
            }
        }
        return generations;
    }
}
