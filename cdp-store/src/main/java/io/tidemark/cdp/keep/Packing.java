// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.block.NeededBytes;
import io.tidemark.cdp.block.SegmentPacker;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.layer.LayerReader;
import io.tidemark.cdp.layer.PageCache;
import io.tidemark.cdp.pin.Pins;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Writes data segments anew that hold much that nobody needs, or that were never packed; deletes those of which nothing is needed.
 * Belongs to the thread that keeps the history.
 */
final class Packing {
    /** How many segments one pass over the layers looks for: a few megabytes each at the most. */
    private static final int AT_ONCE = 16;

    /** Extents between two looks at the pace. */
    private static final int STRIDE = 4096;

    /** A packed segment is packed again when less than half of it is needed. */
    private static final double PAYS = 0.5;

    private final History history;
    private final CatalogueFile file;
    private final LogPlaces log;
    private final Pace pace;
    private final Consumer<String> trouble;
    /** How much of each packed segment was needed when it was packed, in bytes. */
    private final Map<Integer, Long> held = new HashMap<>();

    /** Segments that stay as they are, so that they are tried once: damaged ones, and such as nothing names. */
    private final Set<Integer> left = new HashSet<>();

    /** @param trouble told in a sentence what can't be packed */
    Packing(History history, CatalogueFile file, LogPlaces log, Pace pace, Consumer<String> trouble) {
        this.history = history;
        this.file = file;
        this.log = log;
        this.pace = pace;
        this.trouble = trouble;
    }

    /**
     * Packs and deletes what there is to pack and delete.
     *
     * @param enough asked between two segments; once it says so, the rest is left to a later run
     * @return whether nothing was left to one
     */
    boolean run(BooleanSupplier enough) throws IOException {
        var now = file.current();
        if (now.version() == 0 || isReadAsAWhole()) {
            return true;
        }
        var needed = needed(now);
        int firstInLog = firstInLog(now);
        var due = new ArrayList<Integer>();
        for (int segment : segments(now)) {
            if (segment >= now.account().dataSegment() || left.contains(segment)) {
                continue;
            }
            pace.check();
            boolean inLog = segment >= firstInLog;
            long bytes = needed.getOrDefault(segment, 0L);
            if (!inLog && bytes == 0) {
                drop(segment);
            } else if (now.of(segment) == 0 || !inLog && bytes < PAYS * held(now, segment)) {
                due.add(segment);
            }
        }
        for (int from = 0; from < due.size(); from += AT_ONCE) {
            if (!pack(due.subList(from, Math.min(from + AT_ONCE, due.size())), enough)) {
                return false;
            }
        }
        return true;
    }

    /** Whether somebody needs every file as it is: who copies the history, or has just begun to read. */
    private boolean isReadAsAWhole() {
        try (var pins = Pins.shut(history)) {
            return pins.everything() > 0;
        }
    }

    /** What the layers need of each data segment. Spans say again what others say. */
    static Map<Integer, Long> needed(Catalogue catalogue) {
        var needed = new TreeMap<Integer, Long>();
        for (var layer : catalogue.layers()) {
            if (layer.kind() != LayerEntry.Kind.SPAN) {
                layer.needed().forEach(need -> needed.merge(need.segment(), need.bytes(), Long::sum));
            }
        }
        return needed;
    }

    /** The first data segment that the log names: from it on single writes are needed. */
    private int firstInLog(Catalogue now) throws IOException {
        for (var segment : now.log()) {
            var run = log.run(segment.segment());
            if (run.first() > 0) {
                return run.first();
            }
        }
        return Math.max(1, now.account().dataSegment());
    }

    /** The data segments that are there, in whatever generation. */
    private Set<Integer> segments(Catalogue now) throws IOException {
        var segments = new TreeSet<>(now.generations().keySet());
        history.data().list().forEach(name -> segments.add(Integer.parseInt(name)));
        return segments;
    }

    private long held(Catalogue now, int segment) {
        return held.computeIfAbsent(segment, _ -> SegmentPacker.held(history, segment, now.of(segment)));
    }

    private void drop(int segment) throws IOException {
        var now = file.current();
        int generation = now.of(segment);
        try (var pins = Pins.shut(history)) {
            if (pins.everything() > 0) {
                return;
            }
            if (generation > 0) {
                file.publish(now.withoutGeneration(segment));
            }
            remove(segment, generation);
        }
        held.remove(segment);
    }

    private boolean pack(List<Integer> segments, BooleanSupplier enough) throws IOException {
        if (enough.getAsBoolean()) {
            return false;
        }
        var needed = new TreeMap<Integer, NeededBytes>();
        segments.forEach(segment -> needed.put(segment, new NeededBytes()));
        var now = file.current();
        try (var cache = new PageCache(1 << 20)) {
            for (var layer : now.layers()) {
                boolean counts = layer.kind() != LayerEntry.Kind.SPAN
                        && layer.needed().stream().anyMatch(need -> needed.containsKey(need.segment()));
                if (counts) {
                    add(layer, cache, needed);
                }
            }
        }
        for (var segment : now.log()) {
            log.add(segment.segment(), needed);
        }
        for (var each : needed.entrySet()) {
            if (enough.getAsBoolean()) {
                return false;
            }
            pack(each.getKey(), each.getValue());
        }
        return true;
    }

    private void add(LayerEntry layer, PageCache cache, Map<Integer, NeededBytes> needed) {
        try (var reader = LayerReader.open(history, layer.file(), cache)) {
            var cursor = reader.cursor();
            long each = layer.bytes() / Math.max(1, layer.extents());
            long count = 0;
            for (boolean found = cursor.seek(0); found; found = cursor.next()) {
                if (++count % STRIDE == 0) {
                    pace.moved(each * STRIDE);
                }
                var stretches = needed.get(cursor.segment());
                if (stretches != null) {
                    stretches.add(cursor.block(), cursor.inBlock(), (int) (cursor.end() - cursor.offset()));
                }
            }
            pace.moved(each * (count % STRIDE));
        }
    }

    private void pack(int segment, NeededBytes needed) throws IOException {
        var now = file.current();
        int generation = now.of(segment);
        if (needed.isEmpty()) {
            // Written, but never committed: if records were lost, it is the last copy of what they named.
            left.add(segment);
            return;
        }
        try {
            var packed = SegmentPacker.pack(history, segment, generation, needed, pace::moved);
            pace.check();
            try (var pins = Pins.shut(history)) {
                if (pins.everything() > 0) {
                    SegmentPacker.remove(history, segment, packed.generation());
                    return;
                }
                file.publish(now.withGeneration(segment, packed.generation()));
                held.remove(segment);
                // Those between were begun in vain.
                for (int former = generation; former < packed.generation(); former++) {
                    remove(segment, former);
                }
            }
        } catch (StoreException e) {
            if (e.code() != StoreException.Code.DAMAGED) {
                throw e;
            }
            left.add(segment);
            trouble.accept(e.getMessage() + "; the segment stays as it is");
        }
    }

    private void remove(int segment, int generation) throws IOException {
        if (generation > 0) {
            SegmentPacker.remove(history, segment, generation);
            return;
        }
        try {
            history.data().delete(History.segmentName(segment));
        } catch (NoSuchFileException _) {
            // As it should be.
        }
    }

    /** At the start: deletes data segments in whose place a packed one came, which a crash has left. */
    void removeLeftovers() throws IOException {
        for (var name : history.data().list()) {
            int segment = Integer.parseInt(name);
            if (file.current().of(segment) > 0) {
                history.data().delete(name);
            }
        }
    }
}
