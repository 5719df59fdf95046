// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.block.BlockReader;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.catalogue.LiveGenerations;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.layer.LayerReader;
import io.tidemark.cdp.layer.PageCache;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Reads all of a history and checks it, with one log segment in memory: the log, then along its records, which name every block in the
 * order in which they lie, the data volume; then what is packed of a time of which the log is gone; then the layers.
 */
final class DataCheck {
    private final Catalogue catalogue;
    private final Log parts;
    private final History history;
    private final LongConsumer progress;
    private final BitSet named = new BitSet();
    private final List<Damage> found = new ArrayList<>();
    private RecordLog log;
    private boolean incomplete;
    private int segment;
    private long size;
    /** Where the next block must begin; 0 if that isn't known. */
    private long expected;

    private long read;

    /** @param progress told how many bytes of blocks have been read */
    DataCheck(History history, Catalogue catalogue, Log parts, LongConsumer progress) {
        this.history = history;
        this.catalogue = catalogue;
        this.parts = parts;
        this.progress = progress;
        // Log segments have gone, or records are missing: content that no record names is no wonder.
        this.incomplete = parts.first() > 0;
    }

    List<Damage> run() {
        try (var blocks = new BlockReader(history, new LiveGenerations(history, catalogue), 2)) {
            for (int part = 0; part < parts.parts(); part++) {
                if (parts.isCatalogued(part)) {
                    catalogued(blocks, part);
                } else {
                    records(blocks, parts.load(part));
                }
            }
            tail(blocks);
            for (var name : history.data().list()) {
                int number = Integer.parseInt(name);
                if (!named.get(number) && !incomplete) {
                    found.add(new Damage(blocks.name(number), 0, "content that was never committed", 0, 0, true));
                }
            }
            packed(blocks);
            layers();
        } catch (IOException e) {
            throw StoreException.of("history of " + history.disk(), e);
        }
        return found;
    }

    /** A log segment that has a layer: it must be as it was when it got it. */
    private void catalogued(BlockReader blocks, int part) throws IOException {
        var known = parts.part(part);
        var name = history.meta().name() + "/" + History.segmentName(known.segment());
        var loader = new LogLoader(history, known.before(), known.firstBatch(), known.begin());
        try (var loaded = loader.load(known.segment(), known.first(), false)) {
            found.addAll(loader.damage);
            if (loaded.reliable(known) < known.records() && loader.damage.isEmpty()) {
                found.add(new Damage(
                        name, 0, "is other than when it got its layer", known.before() + 1, known.after(), false));
            }
            records(blocks, loaded);
        } catch (NoSuchFileException _) {
            incomplete = true;
            found.add(new Damage(name, 0, "is missing", known.before() + 1, known.after(), false));
        }
    }

    private void records(BlockReader blocks, LoadedSegment loaded) throws IOException {
        log = loaded.log();
        incomplete |= !loaded.holes().isEmpty();
        for (int i = 0; i < log.size(); ) {
            if (!Kind.hasData(log.kind(i))) {
                i++;
                continue;
            }
            int end = i + 1;
            while (end < log.size() && sameBlock(i, end)) {
                end++;
            }
            block(blocks, i, end);
            progress.accept(read);
            i = end;
        }
        log = null;
    }

    /** Content that layers need of which the log is gone. */
    private void packed(BlockReader blocks) throws IOException {
        var needed = new BitSet();
        for (var layer : catalogue.layers()) {
            if (layer.from() < parts.first()) {
                layer.needed().forEach(need -> needed.set(need.segment()));
            }
        }
        for (int number = needed.nextSetBit(0); number >= 0; number = needed.nextSetBit(number + 1)) {
            try {
                long bytes = blocks.checkPacked(number);
                read += named.get(number) ? 0 : bytes;
                progress.accept(read);
            } catch (StoreException e) {
                add(blocks, 0, e.getMessage(), 0, 0);
            } catch (NoSuchFileException _) {
                add(blocks, 0, "is missing", 0, 0);
            }
        }
    }

    private void layers() {
        try (var cache = new PageCache(1 << 20)) {
            for (var layer : catalogue.layers()) {
                layer(layer, cache);
            }
        }
    }

    private void layer(LayerEntry known, PageCache cache) {
        var name = history.layers().name() + "/" + History.segmentName(known.file());
        try (var layer = LayerReader.open(history, known.file(), cache)) {
            long extents = 0;
            var cursor = layer.cursor();
            while (cursor.next()) {
                extents++;
                if (!layer.mayHold(cursor.offset(), cursor.end())) {
                    found.add(new Damage(name, 0, "its set of granules lacks an extent", 0, 0, false));
                    return;
                }
            }
            if (!layer.entry().equals(known) || extents != known.extents()) {
                found.add(new Damage(name, 0, "is not the layer that the catalogue names", 0, 0, false));
            }
        } catch (LayerException e) {
            found.add(new Damage(name, 0, e.getMessage(), 0, 0, false));
        }
    }

    private boolean sameBlock(int one, int other) {
        return !Kind.hasData(log.kind(other))
                || log.segment(one) == log.segment(other) && log.block(one) == log.block(other);
    }

    private void block(BlockReader blocks, int from, int to) throws IOException {
        if (log.segment(from) != segment) {
            tail(blocks);
            segment = log.segment(from);
            named.set(segment);
            begin(blocks);
        }
        long at = log.block(from);
        if (expected != 0 && at != expected && !(incomplete && at > expected)) {
            add(blocks, expected, "a block that no record names", 0, 0);
        }
        expected = 0;
        try {
            long stored = blocks.read(segment, at).stored();
            read += stored;
            expected = stored == 0 ? 0 : at + stored;
        } catch (StoreException e) {
            add(blocks, at, e.getMessage(), log.number(from), lastNumber(from, to));
            return;
        }
        for (int i = from; i < to; i++) {
            if (Kind.hasData(log.kind(i))) {
                try {
                    record(blocks, i);
                } catch (StoreException e) {
                    add(blocks, at, e.getMessage(), log.number(i), log.number(i));
                }
            }
        }
    }

    /** Checks the content of a record against its own checksum. */
    private void record(BlockReader blocks, int record) {
        long at = log.block(record);
        var block = blocks.read(segment, at).bytes();
        long length = log.length(record);
        if (log.inBlock(record) + length > block.byteSize()) {
            throw blocks.damaged(segment, at, "is shorter than write " + log.number(record) + " needs", null);
        }
        if (Le.crc32c(block, log.inBlock(record), length) != log.checksum(record)) {
            throw blocks.damaged(segment, at, "checksum of write " + log.number(record) + " is wrong", null);
        }
    }

    private long lastNumber(int from, int to) {
        long last = log.number(from);
        for (int i = from; i < to; i++) {
            last = Kind.hasData(log.kind(i)) ? Math.max(last, log.number(i)) : last;
        }
        return last;
    }

    private void begin(BlockReader blocks) {
        expected = 0;
        size = 0;
        try {
            size = blocks.checkSegment(segment);
            expected = blocks.isAsWritten(segment) ? SegmentHeader.SIZE : 0;
        } catch (StoreException e) {
            add(blocks, 0, e.getMessage(), 0, 0);
        } catch (IOException e) {
            add(blocks, 0, StoreException.of("segment", e).getMessage(), 0, 0);
        }
    }

    private void tail(BlockReader blocks) {
        if (segment > 0 && expected != 0 && size > expected) {
            found.add(new Damage(blocks.name(segment), expected, "content that was never committed", 0, 0, true));
        }
    }

    private void add(BlockReader blocks, long at, String reason, long first, long lastNumber) {
        found.add(new Damage(blocks.name(segment), at, reason, first, lastNumber, false));
    }
}
