// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.LayerEntry;
import io.tidemark.cdp.catalogue.LayerEntry.Need;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a layer file. In memory are one page, an offset for each page, and the set of granules. What isn't finished is a file that no
 * catalogue names. Belongs to one thread.
 */
public final class LayerWriter implements ExtentSink, AutoCloseable {
    private final History history;
    private final int file;
    private final LayerEntry.Kind kind;
    private final Segment segment;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment page = arena.allocate(LayerFormat.PAGE, 8);
    private final BlockSet granules;
    private final Map<Integer, long[]> needs = new TreeMap<>();
    private long[] firsts = new long[64];
    private int pages;
    private int inPage;
    private long extents;
    private long end;

    private LayerWriter(History history, int file, LayerEntry.Kind kind, Segment segment) {
        this.history = history;
        this.file = file;
        this.kind = kind;
        this.segment = segment;
        this.granules = new BlockSet(1 << LayerFormat.granuleShift(history.capacity()));
    }

    /**
     * Begins a layer file.
     *
     * @param file its number, which no layer has or had
     */
    public static LayerWriter create(History history, int file, LayerEntry.Kind kind) throws IOException {
        var writer = new LayerWriter(history, file, kind, history.layers().create(LayerFormat.name(file)));
        try {
            var header = writer.page.asSlice(0, SegmentHeader.SIZE);
            SegmentHeader.write(header, LayerFormat.MAGIC, history.id(), file, history.capacity(), kind.code());
            writer.segment.append(header);
            writer.page.fill((byte) 0);
            return writer;
        } catch (IOException | RuntimeException e) {
            writer.close();
            throw e;
        }
    }

    @Override
    public void add(
            long offset, long length, long number, int data, long block, int inBlock, boolean whole, int checksum)
            throws IOException {
        if (offset < end || length <= 0 || offset > history.capacity() - length) {
            throw new IllegalArgumentException("extent " + offset + "+" + length + " behind " + end);
        }
        end = offset + length;
        granules.add(offset, length);
        if (data != 0) {
            needs.computeIfAbsent(data, _ -> new long[1])[0] += length;
        }
        long sectors = length / LayerFormat.SECTOR;
        for (long done = 0; done < sectors; done += LayerFormat.MOST_SECTORS) {
            int part = (int) Math.min(sectors - done, LayerFormat.MOST_SECTORS);
            long at = entry(offset + done * LayerFormat.SECTOR);
            page.set(Le.U32, at + LayerFormat.LENGTH, part);
            page.set(Le.U32, at + LayerFormat.SEGMENT, data);
            page.set(Le.U32, at + LayerFormat.BLOCK, Math.toIntExact(block));
            page.set(Le.U32, at + LayerFormat.IN_BLOCK, inBlock | (whole ? LayerFormat.WHOLE : 0));
            page.set(Le.U64, at + LayerFormat.NUMBER, number);
            page.set(Le.U32, at + LayerFormat.CHECKSUM, checksum);
        }
    }

    /** Room for one more entry. */
    private long entry(long offset) throws IOException {
        if (inPage == LayerFormat.IN_PAGE) {
            flushPage();
        }
        if (inPage == 0) {
            if (pages == firsts.length) {
                firsts = Arrays.copyOf(firsts, 2 * pages);
            }
            firsts[pages++] = offset;
        }
        long at = LayerFormat.ENTRIES + (long) inPage++ * LayerFormat.ENTRY;
        page.set(Le.U64, at + LayerFormat.OFFSET, offset);
        extents++;
        return at;
    }

    private void flushPage() throws IOException {
        page.set(Le.U32, LayerFormat.PAGE_MAGIC, LayerFormat.PAGE_MAGIC_VALUE);
        page.set(Le.U32, LayerFormat.PAGE_COUNT, inPage);
        page.set(Le.U64, LayerFormat.PAGE_INDEX, pages - 1L);
        page.set(Le.U32, LayerFormat.PAGE_CHECKSUM, Le.crc32c(page, 0, LayerFormat.PAGE_CHECKSUM));
        segment.append(page);
        page.fill((byte) 0);
        inPage = 0;
    }

    /**
     * Completes the file; it is on stable storage when this returns.
     *
     * @param from how many records of the log lie before those that made it
     * @param to how many up to the last of them
     * @param number the last write up to there
     * @param time of the last record up to there, in microseconds since 1970
     */
    public LayerEntry finish(long from, long to, long number, long time) throws IOException {
        if (inPage > 0) {
            flushPage();
        }
        var needed = new ArrayList<Need>();
        needs.forEach((data, bytes) -> needed.add(new Need(data, bytes[0])));
        var set = granules.toBytes();
        var index = arena.allocate(8L * pages + 1, 8).asSlice(0, 8L * pages);
        for (int i = 0; i < pages; i++) {
            index.set(Le.U64, 8L * i, firsts[i]);
        }
        var table = arena.allocate((long) LayerFormat.NEED * needed.size() + 1, 8)
                .asSlice(0, (long) LayerFormat.NEED * needed.size());
        for (int i = 0; i < needed.size(); i++) {
            table.set(Le.U32, (long) LayerFormat.NEED * i, needed.get(i).segment());
            table.set(Le.U64, (long) LayerFormat.NEED * i + 4, needed.get(i).bytes());
        }
        var setBytes = arena.allocate(set.length + 1L, 8).asSlice(0, set.length);
        MemorySegment.copy(set, 0, setBytes, Le.U8, 0, set.length);
        var footer = footer(from, to, number, time);
        footer.set(Le.U32, LayerFormat.SET_LENGTH, set.length);
        footer.set(Le.U32, LayerFormat.NEEDS, needed.size());
        footer.set(Le.U32, LayerFormat.INDEX_CHECKSUM, Le.crc32c(index, 0, index.byteSize()));
        footer.set(Le.U32, LayerFormat.SET_CHECKSUM, Le.crc32c(setBytes, 0, set.length));
        footer.set(Le.U32, LayerFormat.NEEDS_CHECKSUM, Le.crc32c(table, 0, table.byteSize()));
        footer.set(Le.U32, LayerFormat.FOOTER_CHECKSUM, Le.crc32c(footer, 0, LayerFormat.FOOTER_CHECKSUM));
        for (var part : new MemorySegment[] {index, setBytes, table, footer}) {
            if (part.byteSize() > 0) {
                segment.append(part);
            }
        }
        segment.sync();
        return new LayerEntry(file, kind, from, to, number, time, extents, segment.size(), needed);
    }

    private MemorySegment footer(long from, long to, long number, long time) {
        var footer = arena.allocate(LayerFormat.FOOTER, 8);
        footer.set(Le.U32, LayerFormat.FOOTER_MAGIC, LayerFormat.FOOTER_MAGIC_VALUE);
        footer.set(Le.U32, LayerFormat.KIND, kind.code());
        footer.set(Le.U32, LayerFormat.PAGES, pages);
        footer.set(Le.U32, LayerFormat.GRANULE_SHIFT, Integer.numberOfTrailingZeros(granules.blockSize()));
        footer.set(Le.U64, LayerFormat.EXTENTS, extents);
        footer.set(Le.U64, LayerFormat.FROM, from);
        footer.set(Le.U64, LayerFormat.TO, to);
        footer.set(Le.U64, LayerFormat.LAST_NUMBER, number);
        footer.set(Le.U64, LayerFormat.LAST_TIME, time);
        return footer;
    }

    @Override
    public void close() throws IOException {
        arena.close();
        segment.close();
    }
}
