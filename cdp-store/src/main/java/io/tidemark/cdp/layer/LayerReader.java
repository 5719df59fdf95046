// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.catalogue.LayerEntry.Need;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentFault;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.Segment;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a layer file. In memory are its set of granules and an offset for each page; pages come through a {@link PageCache}, each checked
 * when it is read. Belongs to one thread.
 */
public final class LayerReader implements Layer {
    private final History history;
    private final int file;
    private final Segment segment;
    private final PageCache cache;
    private LayerEntry entry;
    private BlockSet granules;
    /** The disk's size when the layer was made: it may have grown since. */
    private long capacity;

    private long[] firsts;

    private LayerReader(History history, int file, Segment segment, PageCache cache) {
        this.history = history;
        this.file = file;
        this.segment = segment;
        this.cache = cache;
    }

    /**
     * Opens a layer file.
     *
     * @throws LayerException if it isn't there, or can't be believed
     * @throws StoreException IO
     */
    public static LayerReader open(History history, int file, PageCache cache) {
        Segment segment = null;
        boolean opened = false;
        try {
            segment = history.layers().open(LayerFormat.name(file));
            var reader = new LayerReader(history, file, segment, cache);
            reader.readEnd();
            opened = true;
            return reader;
        } catch (EOFException | NoSuchFileException e) {
            throw new LayerException(history.layers().name(), file, "is missing or cut short", e);
        } catch (IOException e) {
            throw StoreException.of(history.layers().name() + "/" + LayerFormat.name(file), e);
        } finally {
            if (!opened) {
                close(segment);
            }
        }
    }

    private void readEnd() throws IOException {
        try (var arena = Arena.ofConfined()) {
            var header = arena.allocate(SegmentHeader.SIZE, 8);
            segment.read(0, header);
            var fault = SegmentHeader.fault(header, LayerFormat.MAGIC, history.id(), file);
            if (fault != SegmentFault.NONE) {
                throw bad(fault.toString());
            }
            capacity = header.get(Le.U64, SegmentHeader.CAPACITY);
            if (capacity <= 0 || capacity > history.capacity()) {
                throw bad("is of a larger disk");
            }
            var footer = arena.allocate(LayerFormat.FOOTER, 8);
            long size = segment.size();
            segment.read(Math.max(0, size - LayerFormat.FOOTER), footer);
            if (footer.get(Le.U32, LayerFormat.FOOTER_MAGIC) != LayerFormat.FOOTER_MAGIC_VALUE
                    || footer.get(Le.U32, LayerFormat.FOOTER_CHECKSUM)
                            != Le.crc32c(footer, 0, LayerFormat.FOOTER_CHECKSUM)) {
                throw bad("its end is wrong");
            }
            readEnd(footer, size, arena);
        }
    }

    private void readEnd(MemorySegment footer, long size, Arena arena) throws IOException {
        long pages = footer.get(Le.U32, LayerFormat.PAGES);
        long set = footer.get(Le.U32, LayerFormat.SET_LENGTH);
        long needs = footer.get(Le.U32, LayerFormat.NEEDS);
        int shift = footer.get(Le.U32, LayerFormat.GRANULE_SHIFT);
        var kind = LayerEntry.Kind.of(footer.get(Le.U32, LayerFormat.KIND));
        if (pages < 0 || set < 0 || set > LayerFormat.LONGEST_SET || needs < 0 || needs > History.LAST_SEGMENT) {
            throw bad("its end makes no sense");
        }
        long index = SegmentHeader.SIZE + pages * LayerFormat.PAGE;
        long setAt = index + 8 * pages;
        long needsAt = setAt + set;
        if (needsAt + needs * LayerFormat.NEED + LayerFormat.FOOTER != size
                || kind.isEmpty()
                || shift != LayerFormat.granuleShift(capacity)) {
            throw bad("its end makes no sense");
        }
        firsts = longs(part(index, 8 * pages, footer.get(Le.U32, LayerFormat.INDEX_CHECKSUM), arena));
        granules = set(part(setAt, set, footer.get(Le.U32, LayerFormat.SET_CHECKSUM), arena), 1 << shift);
        entry = new LayerEntry(
                file,
                kind.get(),
                footer.get(Le.U64, LayerFormat.FROM),
                footer.get(Le.U64, LayerFormat.TO),
                footer.get(Le.U64, LayerFormat.LAST_NUMBER),
                footer.get(Le.U64, LayerFormat.LAST_TIME),
                footer.get(Le.U64, LayerFormat.EXTENTS),
                size,
                needs(part(needsAt, needs * LayerFormat.NEED, footer.get(Le.U32, LayerFormat.NEEDS_CHECKSUM), arena)));
    }

    private MemorySegment part(long at, long length, int checksum, Arena arena) throws IOException {
        var part = arena.allocate(length + 1, 8).asSlice(0, length);
        if (length > 0) {
            segment.read(at, part);
        }
        if (Le.crc32c(part, 0, length) != checksum) {
            throw bad("a checksum at its end is wrong");
        }
        return part;
    }

    private long[] longs(MemorySegment from) {
        long[] found = new long[(int) (from.byteSize() / 8)];
        for (int i = 0; i < found.length; i++) {
            found[i] = from.get(Le.U64, 8L * i);
            if (i > 0 && found[i] <= found[i - 1]) {
                throw bad("its pages are in no order");
            }
        }
        return found;
    }

    private BlockSet set(MemorySegment bytes, int granule) {
        try {
            return BlockSet.fromBytes(granule, bytes.toArray(Le.U8));
        } catch (IllegalArgumentException e) {
            throw bad("its set of granules makes no sense");
        }
    }

    private List<Need> needs(MemorySegment table) {
        var found = new ArrayList<Need>();
        for (long at = 0; at < table.byteSize(); at += LayerFormat.NEED) {
            int data = table.get(Le.U32, at);
            long bytes = table.get(Le.U64, at + 4);
            if (data <= 0 || data > History.LAST_SEGMENT || bytes <= 0) {
                throw bad("it needs what can't be");
            }
            found.add(new Need(data, bytes));
        }
        return found;
    }

    int file() {
        return file;
    }

    /** What the file says of itself: as in the catalogue. */
    public LayerEntry entry() {
        return entry;
    }

    /** The file as messages name it. */
    public String name() {
        return history.layers().name() + "/" + LayerFormat.name(file);
    }

    @Override
    public boolean mayHold(long from, long to) {
        long end = Math.min(to, capacity);
        return from < end && granules.intersects(from, end - from);
    }

    @Override
    public LayerCursor cursor() {
        return new PageCursor(this, cache);
    }

    int pages() {
        return firsts.length;
    }

    /** The last page that begins at or before an offset; 0 if none does. */
    int pageOf(long offset) {
        int low = 0;
        int high = firsts.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (firsts[middle] <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return Math.max(0, low - 1);
    }

    /** Reads and checks a page. */
    void load(int index, MemorySegment into) {
        try {
            segment.read(SegmentHeader.SIZE + (long) index * LayerFormat.PAGE, into);
        } catch (EOFException | NoSuchFileException e) {
            throw new LayerException(history.layers().name(), file, "is missing or cut short", e);
        } catch (IOException e) {
            throw StoreException.of(name(), e);
        }
        int count = into.get(Le.U32, LayerFormat.PAGE_COUNT);
        if (into.get(Le.U32, LayerFormat.PAGE_CHECKSUM) != Le.crc32c(into, 0, LayerFormat.PAGE_CHECKSUM)
                || into.get(Le.U32, LayerFormat.PAGE_MAGIC) != LayerFormat.PAGE_MAGIC_VALUE
                || into.get(Le.U64, LayerFormat.PAGE_INDEX) != index
                || count <= 0
                || count > LayerFormat.IN_PAGE) {
            throw bad("page " + index + " is wrong");
        }
        long end = firsts[index];
        for (int i = 0; i < count; i++) {
            end = checkEntry(into, LayerFormat.ENTRIES + (long) i * LayerFormat.ENTRY, end, index);
        }
        if (index + 1 < firsts.length && end > firsts[index + 1]) {
            throw bad("page " + index + " overlaps the next");
        }
    }

    /** The checksum is right; does the entry make sense, too? @return where it ends */
    private long checkEntry(MemorySegment page, long at, long after, int index) {
        long offset = page.get(Le.U64, at + LayerFormat.OFFSET);
        long length = (long) page.get(Le.U32, at + LayerFormat.LENGTH) * LayerFormat.SECTOR;
        int data = page.get(Le.U32, at + LayerFormat.SEGMENT);
        long in = page.get(Le.U32, at + LayerFormat.IN_BLOCK) & ~LayerFormat.WHOLE;
        boolean place = data == 0
                || data > 0
                        && data <= History.LAST_SEGMENT
                        && page.get(Le.U32, at + LayerFormat.BLOCK) >= SegmentHeader.SIZE
                        && length <= BlockHeader.MAX_RAW - in;
        if (!place || offset < after || length <= 0 || offset % LayerFormat.SECTOR != 0 || offset > capacity - length) {
            throw bad("page " + index + " holds an extent that can't be");
        }
        return offset + length;
    }

    private LayerException bad(String reason) {
        return new LayerException(history.layers().name(), file, reason, null);
    }

    @Override
    public void close() {
        close(segment);
    }

    private static void close(Segment segment) {
        try {
            if (segment != null) {
                segment.close();
            }
        } catch (IOException _) {
            // It was only read.
        }
    }

    /** Removes a layer file, if it is there. */
    public static void remove(History history, int file) throws IOException {
        try {
            history.layers().delete(LayerFormat.name(file));
        } catch (NoSuchFileException _) {
            // As it should be.
        }
    }
}
