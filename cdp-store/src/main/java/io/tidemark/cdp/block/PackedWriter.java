// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.tidemark.cdp.History;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Writes a packed segment from its first byte to its last. Belongs to one thread. */
final class PackedWriter implements AutoCloseable {
    /** Half as fast as 3, and a few percent smaller; above, only slower. */
    private static final int LEVEL = 6;

    private final Segment segment;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment raw = arena.allocate(BlockHeader.MAX_RAW);
    private final MemorySegment packed = arena.allocate(BlockHeader.SIZE + Zstd.compressBound(BlockHeader.MAX_RAW));
    private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(LEVEL);
    private int rawLength;
    private long end;
    private int blocks;
    private int[] checksums = new int[64];
    private int[] table = new int[256];
    private int fields;

    PackedWriter(History history, Segment segment, int number, int generation) throws IOException {
        this.segment = segment;
        var header = arena.allocate(SegmentHeader.SIZE);
        SegmentHeader.write(header, PackedFormat.MAGIC, history.id(), number, history.capacity(), generation);
        try {
            segment.append(header);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        end = SegmentHeader.SIZE;
    }

    /**
     * Room for the content of the block that began at {@code from} in the segment as it was written; zeros. Small ones share a
     * packed block.
     */
    MemorySegment add(long from, int length) throws IOException {
        if (rawLength + length > BlockHeader.MAX_RAW) {
            writeBlock();
        }
        if (fields + 4 > table.length) {
            table = Arrays.copyOf(table, 2 * table.length);
        }
        table[fields++] = (int) from;
        table[fields++] = (int) end;
        table[fields++] = rawLength;
        table[fields++] = length;
        var room = raw.asSlice(rawLength, length);
        rawLength += length;
        return room.fill((byte) 0);
    }

    private void writeBlock() throws IOException {
        if (rawLength == 0) {
            return;
        }
        int length = zstd.compressDirectByteBuffer(
                packed.asByteBuffer(),
                BlockHeader.SIZE,
                (int) packed.byteSize() - BlockHeader.SIZE,
                raw.asByteBuffer(),
                0,
                rawLength);
        byte codec = BlockHeader.ZSTD;
        if (length > rawLength - rawLength / 16) {
            codec = BlockHeader.RAW;
            length = rawLength;
            MemorySegment.copy(raw, 0, packed, BlockHeader.SIZE, rawLength);
        }
        if (blocks == checksums.length) {
            checksums = Arrays.copyOf(checksums, 2 * blocks);
        }
        checksums[blocks] = Le.crc32c(raw, 0, rawLength);
        BlockHeader.write(packed, codec, rawLength, length, blocks++);
        segment.append(packed.asSlice(0, BlockHeader.SIZE + length));
        end += BlockHeader.SIZE + length;
        rawLength = 0;
    }

    /** Writes the last block, the table and the end, and brings all of it to stable storage. @return the segment's size */
    long finish() throws IOException {
        writeBlock();
        var bytes = arena.allocate((long) fields * Integer.BYTES + PackedFormat.FOOTER);
        for (int i = 0; i < fields; i++) {
            bytes.set(Le.U32, (long) i * Integer.BYTES, table[i]);
        }
        long length = (long) fields * Integer.BYTES;
        var footer = bytes.asSlice(length);
        footer.set(Le.U32, PackedFormat.FOOTER_MAGIC, PackedFormat.FOOTER_MAGIC_VALUE);
        footer.set(Le.U32, PackedFormat.COUNT, fields / 4);
        footer.set(Le.U64, PackedFormat.TABLE, end);
        footer.set(Le.U32, PackedFormat.TABLE_CHECKSUM, Le.crc32c(bytes, 0, length));
        footer.set(Le.U32, PackedFormat.FOOTER_CHECKSUM, Le.crc32c(footer, 0, PackedFormat.FOOTER_CHECKSUM));
        segment.append(bytes);
        segment.sync();
        return end + bytes.byteSize();
    }

    /** The checksum of the unpacked content of each block, in the order in which they lie. */
    int[] checksums() {
        return Arrays.copyOf(checksums, blocks);
    }

    @Override
    public void close() throws IOException {
        zstd.close();
        arena.close();
        segment.close();
    }
}
