// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.layer.ExtentSink;
import io.tidemark.cdp.layer.Layer;
import io.tidemark.cdp.layer.LayerMerge;
import io.tidemark.cdp.layer.LayerReader;
import io.tidemark.cdp.layer.LayerWriter;
import io.tidemark.cdp.layer.PageCache;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/** Makes the layers of a plan. Nothing of them counts until a catalogue names them. Belongs to the thread that keeps the history. */
final class Fold {
    /** At the least; each layer that is read takes a page. */
    private static final long CACHE = 1 << 20;

    /** Extents between two looks at the pace. */
    private static final int STRIDE = 4096;

    /** What an extent takes in a layer, read once and written once. */
    private static final int BYTES = 80;

    private final History history;
    private final LogPart log;
    private final Pace pace;
    private final IntSupplier numbers;

    /** @param numbers of new layers */
    Fold(History history, LogPart log, Pace pace, IntSupplier numbers) {
        this.history = history;
        this.log = log;
        this.pace = pace;
        this.numbers = numbers;
    }

    /** The catalogue with the plan's layers, which are on stable storage. If it throws, there are files that nobody names. */
    Catalogue run(Catalogue now, FoldPlan plan) throws IOException {
        var next = now.with(plan.stay());
        for (var merge : plan.merges()) {
            next = next.with(merge(numbers.getAsInt(), merge));
        }
        return next.with(plan.log(), plan.kept());
    }

    private LayerEntry merge(int number, FoldPlan.Merge merge) throws IOException {
        var layers = new ArrayList<Layer>();
        try (var cache = new PageCache(
                        Math.max(CACHE, 2L * (16 << 10) * merge.newestFirst().size()));
                var writer = LayerWriter.create(history, number, merge.kind())) {
            try {
                for (var piece : merge.newestFirst()) {
                    layers.add(
                            piece.layer() == null
                                    ? log.of(piece.from(), piece.to(), merge.from())
                                    : LayerReader.open(history, piece.layer().file(), cache));
                }
                LayerMerge.run(layers, paced(writer));
                return writer.finish(merge.from(), merge.to(), merge.number(), merge.time());
            } finally {
                layers.forEach(Layer::close);
            }
        }
    }

    private ExtentSink paced(ExtentSink sink) {
        var count = new int[1];
        return (offset, length, number, segment, block, inBlock, whole, checksum) -> {
            sink.add(offset, length, number, segment, block, inBlock, whole, checksum);
            if (++count[0] % STRIDE == 0) {
                pace.moved((long) STRIDE * BYTES);
            }
        };
    }

    /** Deletes files of layers that no catalogue names. */
    void remove(Iterable<Integer> files) throws IOException {
        for (int file : files) {
            LayerReader.remove(history, file);
        }
    }

    /** The layers of a catalogue that another one hasn't got. */
    static List<Integer> made(Catalogue before, Catalogue next) {
        return next.layers().stream()
                .filter(layer -> !before.layers().contains(layer))
                .map(LayerEntry::file)
                .toList();
    }
}
