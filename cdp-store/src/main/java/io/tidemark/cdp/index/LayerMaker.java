// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.index;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.catalogue.LayerEntry.Kind;
import io.tidemark.cdp.catalogue.LogSegment;
import io.tidemark.cdp.layer.ExtentSink;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.layer.LayerMerge;
import io.tidemark.cdp.layer.LayerReader;
import io.tidemark.cdp.layer.LayerStack;
import io.tidemark.cdp.layer.LayerWriter;
import io.tidemark.cdp.layer.PageCache;
import io.tidemark.cdp.layer.Undercut;
import io.tidemark.cdp.read.LoadedSegment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Makes the fine layer of each log segment that is complete, and spans of 8, 64 and 512 of them. In memory are one log segment, and a page
 * of each layer that is merged. Belongs to the thread that keeps the history.
 *
 * <p>Each step writes one file, then publishes a catalogue that names it. A crash between leaves a file that nobody names, which the
 * next start removes.
 */
public final class LayerMaker {
    private static final int WIDTH = 8;
    private static final int[] WIDTHS = {WIDTH, WIDTH * WIDTH, WIDTH * WIDTH * WIDTH};
    private static final long CACHED = 2 << 20;

    private final History history;
    private final CatalogueFile file;
    private final BooleanSupplier stopped;

    /** @param stopped asked now and then in a step; once it says so, the step ends with a {@link CancellationException} */
    public LayerMaker(History history, CatalogueFile file, BooleanSupplier stopped) {
        this.history = history;
        this.file = file;
        this.stopped = stopped;
    }

    /**
     * At the start: forgets fine layers and spans that can't be opened, so that they are made anew. Others can't be made anew; they
     * stay.
     *
     * @return what is wrong with one of those that stay
     */
    public Optional<StoreException> forgetDamaged() throws IOException {
        var damaged = new ArrayList<Integer>();
        var lost = Optional.<StoreException>empty();
        try (var cache = new PageCache(CACHED)) {
            for (var layer : file.current().layers()) {
                try {
                    LayerReader.open(history, layer.file(), cache).close();
                } catch (LayerException e) {
                    if (comesAnew(layer)) {
                        damaged.add(layer.file());
                    } else {
                        lost = Optional.of(new StoreException(
                                StoreException.Code.DAMAGED,
                                e.getMessage()
                                        + ": some of the states that are kept are in it alone: bring it back from a"
                                        + " copy of the store",
                                e));
                    }
                }
            }
        }
        if (!damaged.isEmpty()) {
            file.publish(file.current().without(damaged::contains));
        }
        return lost;
    }

    /**
     * Makes one layer, if there is one to make.
     *
     * @param complete the last log segment that nothing will be appended to; 0 for none
     * @return whether there was; then there may be more
     * @throws io.tidemark.cdp.StoreException if the log can't be read
     * @throws LayerException if a layer below can't, which can't be made anew
     */
    public boolean step(int complete) throws IOException {
        try {
            return make(complete);
        } catch (LayerException e) {
            if (!forget(e.file())) {
                throw e;
            }
            return true;
        }
    }

    /** Of a fine one the log segment must still be there; a span says again what others say. */
    private boolean comesAnew(LayerEntry layer) {
        return layer.kind() == Kind.SPAN
                || layer.kind() == Kind.FINE && layer.from() >= file.current().singles();
    }

    /** Forgets a layer that can't be believed, if it can be made anew: by the steps that follow. @return whether it can */
    public boolean forget(int layer) throws IOException {
        for (var known : file.current().layers()) {
            if (known.file() == layer && comesAnew(known)) {
                file.publish(file.current().without(number -> number == layer));
                return true;
            }
        }
        return false;
    }

    private boolean make(int complete) throws IOException {
        var next = nextSegment(complete);
        if (next.isPresent() && append(next.get())) {
            return true;
        }
        var missing = missingFine();
        if (missing.isPresent()) {
            replace(missing.get());
            return true;
        }
        var span = missingSpan();
        if (span.isPresent()) {
            merge(span.get());
            return true;
        }
        return false;
    }

    private Optional<Integer> nextSegment(int complete) throws IOException {
        int last = file.current().lastSegment();
        return history.meta().list().stream()
                .map(Integer::valueOf)
                .filter(number -> number > last && number <= complete)
                .findFirst();
    }

    /** @return false if a layer below must be made anew first */
    private boolean append(int number) throws IOException {
        var catalogue = file.current();
        try (var loaded = LoadedSegment.load(history, number, catalogue.account())) {
            var entry = loaded.entry();
            if (loaded.reachesBack(entry.records())
                    && catalogue.chain(entry.first(), _ -> true).stream().anyMatch(piece -> piece.layer() == null)) {
                return false;
            }
            var layer = fine(catalogue, loaded);
            file.publish(catalogue.with(loaded.entry(), layer, loaded.account(catalogue.account())));
            return true;
        }
    }

    /** The records that a layer is made of. */
    private record Stretch(long from, long to) {}

    private Set<Stretch> present(Kind kind) {
        var present = new HashSet<Stretch>();
        for (var layer : file.current().layers()) {
            if (layer.kind() == kind) {
                present.add(new Stretch(layer.from(), layer.to()));
            }
        }
        return present;
    }

    private Optional<LogSegment> missingFine() {
        var present = present(Kind.FINE);
        return file.current().log().stream()
                .filter(segment ->
                        segment.records() > 0 && !present.contains(new Stretch(segment.first(), segment.last())))
                .findFirst();
    }

    private void replace(LogSegment segment) throws IOException {
        var catalogue = file.current();
        try (var loaded = LoadedSegment.load(history, segment)) {
            loaded.check(history, segment);
            file.publish(catalogue.with(fine(catalogue, loaded)));
        }
    }

    private LayerEntry fine(Catalogue catalogue, LoadedSegment loaded) throws IOException {
        var entry = loaded.entry();
        try (var writer = LayerWriter.create(history, file.takeNumber(), Kind.FINE)) {
            var to = checking(writer);
            if (loaded.reachesBack(entry.records())) {
                below(catalogue, loaded, to);
            } else {
                loaded.effect(entry.records(), to);
            }
            return writer.finish(entry.first(), entry.last(), entry.after(), entry.end());
        }
    }

    /** Where the effect of a segment depends on the state before it. */
    private void below(Catalogue catalogue, LoadedSegment loaded, ExtentSink to) throws IOException {
        try (var below = Layers.open(history, catalogue.chain(loaded.entry().first(), _ -> true))) {
            loaded.effect(
                    loaded.entry().records(),
                    new Undercut(
                            new LayerStack(below.newestFirst()), loaded.entry().before(), to));
        }
    }

    /** What is merged into one layer. */
    private record Span(LogSegment first, LogSegment last) {}

    private Optional<Span> missingSpan() {
        var log = file.current().log();
        var present = present(Kind.SPAN);
        for (int width : WIDTHS) {
            for (int i = 0; i < log.size(); ) {
                int group = (log.get(i).segment() - 1) / width;
                int end = i;
                while (end < log.size() && (log.get(end).segment() - 1) / width == group) {
                    end++;
                }
                // Only the first and the last segment of a group can be missing, its beginning gone or its end not
                // there yet.
                boolean whole = end - i == width;
                if (whole
                        && !present.contains(
                                new Stretch(log.get(i).first(), log.get(end - 1).last()))) {
                    return Optional.of(new Span(log.get(i), log.get(end - 1)));
                }
                i = end;
            }
        }
        return Optional.empty();
    }

    private void merge(Span span) throws IOException {
        var catalogue = file.current();
        long from = span.first.first();
        long to = span.last.last();
        var within = catalogue.with(catalogue.layers().stream()
                .filter(layer -> layer.from() >= from && layer.to() <= to)
                .toList());
        var pieces = within.chain(to, _ -> true).stream()
                .filter(piece -> piece.to() > from)
                .toList();
        try (var layers = Layers.open(history, pieces);
                var writer = LayerWriter.create(history, file.takeNumber(), Kind.SPAN)) {
            LayerMerge.run(layers.newestFirst(), checking(writer));
            file.publish(catalogue.with(writer.finish(from, to, span.last.after(), span.last.end())));
        }
    }

    /** Ends when this is stopped. */
    private ExtentSink checking(ExtentSink to) {
        return (offset, length, number, segment, block, inBlock, whole, checksum) -> {
            if (stopped.getAsBoolean()) {
                throw new CancellationException();
            }
            to.add(offset, length, number, segment, block, inBlock, whole, checksum);
        };
    }

    /** Layers that are read together. */
    private record Layers(List<LayerReader> newestFirst, PageCache cache) implements AutoCloseable {
        static Layers open(History history, List<Catalogue.Piece> pieces) {
            var layers = new Layers(new ArrayList<>(), new PageCache(CACHED));
            boolean opened = false;
            try {
                for (var piece : pieces) {
                    if (piece.layer() == null) {
                        throw new IllegalStateException(
                                "records " + piece.from() + " to " + piece.to() + " lack a layer");
                    }
                    layers.newestFirst.add(
                            LayerReader.open(history, piece.layer().file(), layers.cache));
                }
                opened = true;
                return layers;
            } finally {
                if (!opened) {
                    layers.close();
                }
            }
        }

        @Override
        public void close() {
            newestFirst.forEach(LayerReader::close);
            cache.close();
        }
    }
}
