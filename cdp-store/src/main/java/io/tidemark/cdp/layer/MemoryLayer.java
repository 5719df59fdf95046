// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import io.tidemark.cdp.format.Le;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A layer in memory, outside the heap: 40 bytes an extent, as in a file. Filled first, then read. */
public final class MemoryLayer implements Layer, ExtentSink {
    private static final int CHUNK_SHIFT = 10;
    private static final int CHUNK = 1 << CHUNK_SHIFT;

    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> chunks = new ArrayList<>();
    private int size;

    @Override
    public void add(
            long offset, long length, long number, int segment, long block, int inBlock, boolean whole, int checksum) {
        long sectors = length / LayerFormat.SECTOR;
        for (long done = 0; done < sectors; done += LayerFormat.MOST_SECTORS) {
            if ((size & CHUNK - 1) == 0) {
                chunks.add(arena.allocate((long) CHUNK * LayerFormat.ENTRY, 8));
            }
            long at = in(size);
            var entries = chunks.getLast();
            int part = (int) Math.min(sectors - done, LayerFormat.MOST_SECTORS);
            entries.set(Le.U64, at + LayerFormat.OFFSET, offset + done * LayerFormat.SECTOR);
            entries.set(Le.U32, at + LayerFormat.LENGTH, part);
            entries.set(Le.U32, at + LayerFormat.SEGMENT, segment);
            entries.set(Le.U32, at + LayerFormat.BLOCK, Math.toIntExact(block));
            entries.set(Le.U32, at + LayerFormat.IN_BLOCK, inBlock | (whole ? LayerFormat.WHOLE : 0));
            entries.set(Le.U64, at + LayerFormat.NUMBER, number);
            entries.set(Le.U32, at + LayerFormat.CHECKSUM, checksum);
            size = Math.addExact(size, 1);
        }
    }

    private static long in(int of) {
        return (long) (of & CHUNK - 1) * LayerFormat.ENTRY;
    }

    private long u64(int of, int field) {
        return chunks.get(of >>> CHUNK_SHIFT).get(Le.U64, in(of) + field);
    }

    private int u32(int of, int field) {
        return chunks.get(of >>> CHUNK_SHIFT).get(Le.U32, in(of) + field);
    }

    @Override
    public boolean mayHold(long from, long to) {
        int at = firstBehind(from);
        return at < size && offset(at) < to;
    }

    private long offset(int of) {
        return u64(of, LayerFormat.OFFSET);
    }

    private long end(int of) {
        return offset(of) + (long) u32(of, LayerFormat.LENGTH) * LayerFormat.SECTOR;
    }

    /** The first extent that ends behind an offset. */
    private int firstBehind(long offset) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (end(middle) <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public LayerCursor cursor() {
        return new Cursor();
    }

    @Override
    public void close() {
        arena.close();
    }

    private final class Cursor implements LayerCursor {
        private int at = -1;

        @Override
        public boolean seek(long offset) {
            at = firstBehind(offset);
            return at < size;
        }

        @Override
        public boolean next() {
            at++;
            return at < size;
        }

        @Override
        public long offset() {
            return MemoryLayer.this.offset(at);
        }

        @Override
        public long end() {
            return MemoryLayer.this.end(at);
        }

        @Override
        public long number() {
            return u64(at, LayerFormat.NUMBER);
        }

        @Override
        public int segment() {
            return u32(at, LayerFormat.SEGMENT);
        }

        @Override
        public long block() {
            return u32(at, LayerFormat.BLOCK);
        }

        @Override
        public int inBlock() {
            return u32(at, LayerFormat.IN_BLOCK) & ~LayerFormat.WHOLE;
        }

        @Override
        public boolean isWhole() {
            return (u32(at, LayerFormat.IN_BLOCK) & LayerFormat.WHOLE) != 0;
        }

        @Override
        public int checksum() {
            return u32(at, LayerFormat.CHECKSUM);
        }
    }
}
