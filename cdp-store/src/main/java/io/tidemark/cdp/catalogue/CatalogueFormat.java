// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.catalogue.LayerEntry.Need;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The catalogue as bytes (store-format.md, "Catalogue"): a header of 64 bytes, then lists, each behind its length. */
final class CatalogueFormat {
    /** "TMRKCATA" */
    static final long MAGIC = 0x415441434b524d54L;

    static final int VERSION = 8;
    static final int HISTORY = 16;
    static final int REPLACED = 32;
    static final int NEXT_LAYER = 40;
    static final int LENGTH = 44;
    static final int CONTENT_CHECKSUM = 56;
    static final int CHECKSUM = 60;
    static final int HEADER = 64;
    static final int CURRENT = 1;

    /** What a file may be long. */
    static final int LONGEST = 256 << 20;

    private CatalogueFormat() {}

    static byte[] bytes(Catalogue catalogue, History history) {
        var out = new FieldWriter(HEADER);
        out.list(catalogue.log(), segment -> segment(out, segment));
        out.list(catalogue.layers(), layer -> layer(out, layer));
        out.list(List.copyOf(new TreeMap<>(catalogue.generations()).entrySet()), entry -> {
            out.u32(entry.getKey());
            out.u32(entry.getValue());
        });
        out.list(catalogue.kept(), state -> {
            out.u64(state.number());
            out.u64(state.time());
            out.u64(state.until());
            out.u64(state.records());
        });
        account(out, catalogue.account());
        byte[] content = out.bytes();
        var bytes = MemorySegment.ofArray(content);
        bytes.set(Le.U64, 0, MAGIC);
        bytes.set(Le.U32, VERSION, CURRENT);
        bytes.set(Le.U64, HISTORY, history.id().getMostSignificantBits());
        bytes.set(Le.U64, HISTORY + 8, history.id().getLeastSignificantBits());
        bytes.set(Le.U64, REPLACED, catalogue.version());
        bytes.set(Le.U32, NEXT_LAYER, catalogue.nextLayer());
        bytes.set(Le.U32, LENGTH, content.length);
        bytes.set(Le.U32, CONTENT_CHECKSUM, Le.crc32c(bytes, HEADER, content.length - HEADER));
        bytes.set(Le.U32, CHECKSUM, Le.crc32c(bytes, 0, CHECKSUM));
        return content;
    }

    private static void segment(FieldWriter out, LogSegment segment) {
        out.u32(segment.segment());
        out.u64(segment.first());
        out.u32(segment.records());
        out.u32(segment.holes());
        out.u64(segment.before());
        out.u64(segment.after());
        out.u64(segment.begin());
        out.u64(segment.end());
        out.u64(segment.firstBatch());
        out.u64(segment.batches());
        out.u64(segment.bytes());
    }

    private static void layer(FieldWriter out, LayerEntry layer) {
        out.u32(layer.file());
        out.u32(layer.kind().code());
        out.u64(layer.from());
        out.u64(layer.to());
        out.u64(layer.number());
        out.u64(layer.time());
        out.u64(layer.extents());
        out.u64(layer.bytes());
        out.list(layer.needed(), need -> {
            out.u32(need.segment());
            out.u64(need.bytes());
        });
    }

    private static void account(FieldWriter out, LogAccount account) {
        out.u64(account.records());
        out.u64(account.batches());
        out.u64(account.position());
        out.u64(account.time());
        out.u64(account.begin());
        out.u64(account.writes());
        out.u64(account.guestBytes());
        out.u64(account.syncBytes());
        out.list(account.counts(), out::u64);
        out.list(account.gaps(), gap -> gap(out, gap));
        out.list(account.open().stream().toList(), gap -> gap(out, gap));
        out.bool(account.damaged());
        out.bool(account.wholeRead());
        out.bool(account.clean());
        out.list(account.marks(), mark -> {
            out.text(mark.name());
            out.u64(mark.number());
            out.u64(mark.time());
            out.u64(mark.records());
        });
        out.u32(account.dataSegment());
        out.u64(account.blocks());
    }

    private static void gap(FieldWriter out, Gap gap) {
        out.text(gap.reason());
        out.u64(gap.from());
        out.u64(gap.to());
        out.u64(gap.begin());
        out.u64(gap.end());
        out.u64(gap.firstRecord());
        out.u64(gap.lastRecord());
        out.bool(gap.restorableBefore());
    }

    /** @throws StoreException DAMAGED, or UNSUPPORTED for a later version */
    static Catalogue read(byte[] content, History history, String name) {
        var bytes = MemorySegment.ofArray(content);
        if (content.length < HEADER
                || content.length > LONGEST
                || bytes.get(Le.U64, 0) != MAGIC
                || bytes.get(Le.U32, CHECKSUM) != Le.crc32c(bytes, 0, CHECKSUM)) {
            throw damaged(name, "its header is wrong");
        }
        if (bytes.get(Le.U32, VERSION) != CURRENT) {
            throw new StoreException(
                    Code.UNSUPPORTED,
                    name + ": format version " + bytes.get(Le.U32, VERSION)
                            + " is not known here: use a later tidemark");
        }
        if (bytes.get(Le.U64, HISTORY) != history.id().getMostSignificantBits()
                || bytes.get(Le.U64, HISTORY + 8) != history.id().getLeastSignificantBits()) {
            throw damaged(name, "belongs to another history");
        }
        if (bytes.get(Le.U32, LENGTH) != content.length
                || bytes.get(Le.U32, CONTENT_CHECKSUM) != Le.crc32c(bytes, HEADER, content.length - HEADER)) {
            throw damaged(name, "its checksum is wrong");
        }
        try {
            var catalogue =
                    read(new FieldReader(bytes, HEADER), bytes.get(Le.U64, REPLACED), bytes.get(Le.U32, NEXT_LAYER));
            check(catalogue);
            return catalogue;
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
            throw damaged(name, "it makes no sense (" + e.getMessage() + ")");
        }
    }

    private static StoreException damaged(String name, String reason) {
        return new StoreException(Code.DAMAGED, name + ": " + reason + ": bring it back from a copy of the store");
    }

    private static Catalogue read(FieldReader in, long version, int nextLayer) {
        var log = in.list(CatalogueFormat::segment);
        var layers = in.list(CatalogueFormat::layer);
        Map<Integer, Integer> generations = new TreeMap<>();
        in.list(from -> generations.put(from.u32(), from.u32()));
        var kept = in.list(from -> new KeptState(from.u64(), from.u64(), from.u64(), from.u64()));
        var account = account(in);
        in.end();
        return new Catalogue(version, nextLayer, log, layers, generations, kept, account);
    }

    private static LogSegment segment(FieldReader in) {
        return new LogSegment(
                in.u32(), in.u64(), in.u32(), in.u32(), in.u64(), in.u64(), in.u64(), in.u64(), in.u64(), in.u64(),
                in.u64());
    }

    private static LayerEntry layer(FieldReader in) {
        int file = in.u32();
        var kind = LayerEntry.Kind.of(in.u32()).orElseThrow(() -> new IllegalArgumentException("kind of layer"));
        return new LayerEntry(
                file,
                kind,
                in.u64(),
                in.u64(),
                in.u64(),
                in.u64(),
                in.u64(),
                in.u64(),
                in.list(from -> new Need(from.u32(), from.u64())));
    }

    private static LogAccount account(FieldReader in) {
        return new LogAccount(
                in.u64(),
                in.u64(),
                in.u64(),
                in.u64(),
                in.u64(),
                in.u64(),
                in.u64(),
                in.u64(),
                in.list(FieldReader::u64),
                in.list(CatalogueFormat::gap),
                open(in),
                in.bool(),
                in.bool(),
                in.bool(),
                in.list(from -> new MarkEntry(from.text(), from.u64(), from.u64(), from.u64())),
                in.u32(),
                in.u64());
    }

    private static Optional<Gap> open(FieldReader in) {
        return in.list(CatalogueFormat::gap).stream().findFirst();
    }

    private static Gap gap(FieldReader in) {
        return new Gap(in.text(), in.u64(), in.u64(), in.u64(), in.u64(), in.u64(), in.u64(), in.bool());
    }

    /** The checksum is right; does the content make sense, too? */
    private static void check(Catalogue catalogue) {
        require(catalogue.nextLayer() > 0 && catalogue.nextLayer() <= History.LAST_SEGMENT, "number of layers");
        var account = catalogue.account();
        require(account.counts().size() == Kind.CLEAN_END + 1, "kinds");
        require(account.records() >= 0 && account.records() < Long.MAX_VALUE / 2, "records");
        require(account.position() >= 0 && account.position() < Long.MAX_VALUE / 2, "position");
        require(account.batches() >= 0 && account.dataSegment() >= 0 && account.blocks() >= 0, "end");
        require(account.dataSegment() <= History.LAST_SEGMENT, "data segment");
        LogSegment last = null;
        for (var segment : catalogue.log()) {
            require(segment.segment() > 0 && segment.segment() <= History.LAST_SEGMENT, "segment");
            require(segment.first() >= 0 && segment.records() >= 0 && segment.last() <= account.records(), "records");
            require(segment.before() >= 0 && segment.before() <= segment.after(), "write numbers");
            require(segment.begin() <= segment.end() && segment.firstBatch() <= segment.batches(), "times");
            require(
                    last == null
                            || segment.segment() > last.segment()
                                    && segment.first() == last.last()
                                    && segment.before() >= last.after()
                                    && segment.begin() >= last.end(),
                    "order of segments");
            last = segment;
        }
        require(last == null || last.last() == account.records() && last.after() == account.position(), "end of log");
        for (var layer : catalogue.layers()) {
            require(layer.file() > 0 && layer.file() < catalogue.nextLayer(), "layer file");
            require(layer.from() >= 0 && layer.from() <= layer.to() && layer.to() <= account.records(), "layer");
        }
        for (var generation : catalogue.generations().entrySet()) {
            require(generation.getKey() > 0 && generation.getKey() <= History.LAST_SEGMENT, "packed segment");
            require(generation.getValue() > 0 && generation.getValue() <= History.LAST_SEGMENT, "generation");
        }
        long records = -1;
        for (var state : catalogue.kept()) {
            require(state.records() > records && state.records() <= catalogue.singles(), "kept states");
            records = state.records();
        }
    }

    private static void require(boolean right, String what) {
        if (!right) {
            throw new IllegalArgumentException(what);
        }
    }
}
