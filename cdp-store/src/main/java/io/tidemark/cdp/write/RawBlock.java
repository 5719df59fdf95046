// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.Slot;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Factory;

/**
 * A slot of the block ring: content and records on their way to the outbox. Filled by the caller of the log,
 * compressed by a compressor, put into the outbox; the ring passes it on.
 */
final class RawBlock {
    static final int MAX_SLOTS = 1024;

    final MemorySegment raw;
    final ByteBuffer rawBytes;
    final MemorySegment packed;
    final ByteBuffer packedBytes;
    final MemorySegment slots;
    private final CRC32C crc = new CRC32C();

    int rawLength;
    int slotCount;
    /** The last write number whose parts are all in this or earlier blocks. */
    long after;
    /** A gap is open after the block. */
    boolean gapOpen;
    /** No write ends in a later block. */
    boolean whole;
    /** To be committed without delay. */
    boolean commit;
    /** The last block of all. */
    boolean close;
    /** nanoTime of the first record. */
    long since;

    byte codec;
    int storedLength;

    RawBlock(Arena arena) {
        // Mapped, not allocated: an idle disk's blocks take no memory.
        raw = NativeMemory.anonymous(BlockHeader.SIZE + BlockHeader.MAX_RAW, arena);
        rawBytes = raw.asByteBuffer();
        packed = NativeMemory.anonymous(
                BlockHeader.SIZE
                        + LZ4Factory.fastestInstance().fastCompressor().maxCompressedLength(BlockHeader.MAX_RAW),
                arena);
        packedBytes = packed.asByteBuffer();
        slots = NativeMemory.anonymous((long) MAX_SLOTS * Slot.SIZE, arena);
    }

    void reset() {
        rawLength = 0;
        slotCount = 0;
        whole = true;
        commit = false;
        close = false;
        storedLength = 0;
        since = 0;
    }

    boolean isEmpty() {
        return slotCount == 0;
    }

    int room() {
        return BlockHeader.MAX_RAW - rawLength;
    }

    /** Copies {@code length} bytes and records them. */
    void content(
            byte kind, byte flags, long time, long number, long offset, MemorySegment data, long from, int length) {
        int at = BlockHeader.SIZE + rawLength;
        MemorySegment.copy(data, from, raw, at, length);
        crc.reset();
        crc.update(rawBytes.limit(at + length).position(at));
        long slot = slot(kind, flags, time, number, offset, length);
        slots.set(Le.U32, slot + Slot.CHECKSUM, (int) crc.getValue());
        slots.set(Le.U32, slot + Slot.IN_BLOCK, rawLength);
        rawLength += length;
    }

    /** Adds a record without content. */
    long slot(byte kind, byte flags, long time, long number, long offset, long length) {
        long at = (long) slotCount++ * Slot.SIZE;
        slots.set(Le.U64, at, 0);
        slots.set(Le.U8, at + Slot.KIND, kind);
        slots.set(Le.U8, at + Slot.FLAGS, flags);
        slots.set(Le.U64, at + Slot.TIME, time);
        slots.set(Le.U64, at + Slot.NUMBER, number);
        slots.set(Le.U64, at + Slot.OFFSET, offset);
        slots.set(Le.U64, at + Slot.LENGTH, length);
        slots.set(Le.U64, at + Slot.SEGMENT, 0);
        slots.set(Le.U64, at + Slot.BLOCK, 0);
        return at;
    }

    void mark(long time, long number, byte[] name) {
        slot(Kind.MARK, (byte) 0, time, number, 0, name.length);
        for (int done = 0; done < name.length; done += Slot.NAME_BYTES) {
            long at = slot(Kind.NAME, (byte) 0, 0, 0, 0, 0);
            int part = Math.min(Slot.NAME_BYTES, name.length - done);
            MemorySegment.copy(name, done, slots, Le.U8, at + Slot.NAME, part);
            slots.asSlice(at + Slot.NAME + part, Slot.NAME_BYTES - part).fill((byte) 0);
        }
    }

    /** How many slots a mark's name takes. */
    static int slotsOf(byte[] name) {
        return 1 + (name.length + Slot.NAME_BYTES - 1) / Slot.NAME_BYTES;
    }

    static byte[] nameBytes(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }
}
