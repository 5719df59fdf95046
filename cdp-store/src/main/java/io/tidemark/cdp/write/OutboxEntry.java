// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.Slot;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * A compressed block with its slots on its way to the store, in memory and in the spool alike (store-format.md, "Spool"). Offsets of its
 * fields in bytes. Behind the header come the slots, then, if there is content, room for the block's header, and the content.
 */
final class OutboxEntry {
    static final int MAGIC = 0;
    static final int VERSION = 4;
    static final int CODEC = 5;
    static final int FLAGS = 6;
    static final int SLOTS = 8;
    static final int RAW_LENGTH = 12;
    static final int STORED_LENGTH = 16;
    static final int LINK_CHECKSUM = 20;
    static final int SEQUENCE = 24;
    static final int BATCH = 32;
    static final int BEFORE = 40;
    static final int AFTER = 48;
    static final int LINK_TIME = 56;
    static final int HISTORY_HIGH = 64;
    static final int HISTORY_LOW = 72;
    static final int WHEN = 80;
    static final int BODY_CHECKSUM = 88;
    static final int CHECKSUM = 92;
    static final int SIZE = 96;

    /** "TMOE" */
    static final int MAGIC_VALUE = 0x454f4d54;

    static final byte CURRENT = 1;

    /** In FLAGS: a gap is open after the entry. */
    static final short GAP_OPEN = 1;
    /** In FLAGS: no write ends in a later entry. */
    static final short WHOLE = 2;

    /** The longest entry. */
    static final int MAX = SIZE + RawBlock.MAX_SLOTS * Slot.SIZE + BlockHeader.SIZE + BlockHeader.MAX_RAW;

    private OutboxEntry() {}

    static int length(int slots, int stored) {
        return SIZE + slots * Slot.SIZE + (stored == 0 ? 0 : BlockHeader.SIZE + stored);
    }

    /** Writes a block and all but the checksums; {@code to} is just as long as it. */
    static void write(
            MemorySegment to, RawBlock block, UUID history, long sequence, long batch, long before, Link link) {
        to.set(Le.U32, MAGIC, MAGIC_VALUE);
        to.set(Le.U8, VERSION, CURRENT);
        to.set(Le.U8, CODEC, block.codec);
        to.set(Le.U16, FLAGS, (short) ((block.gapOpen ? GAP_OPEN : 0) | (block.whole ? WHOLE : 0)));
        to.set(Le.U32, SLOTS, block.slotCount);
        to.set(Le.U32, RAW_LENGTH, block.rawLength);
        to.set(Le.U32, STORED_LENGTH, block.storedLength);
        to.set(Le.U32, LINK_CHECKSUM, link.checksum());
        to.set(Le.U64, SEQUENCE, sequence);
        to.set(Le.U64, BATCH, batch);
        to.set(Le.U64, BEFORE, before);
        to.set(Le.U64, AFTER, block.after);
        to.set(Le.U64, LINK_TIME, link.time());
        to.set(Le.U64, HISTORY_HIGH, history.getMostSignificantBits());
        to.set(Le.U64, HISTORY_LOW, history.getLeastSignificantBits());
        to.set(Le.U64, WHEN, System.currentTimeMillis() * 1000);
        long slots = (long) block.slotCount * Slot.SIZE;
        MemorySegment.copy(block.slots, 0, to, SIZE, slots);
        if (block.storedLength > 0) {
            long room = SIZE + slots;
            to.asSlice(room, BlockHeader.SIZE).fill((byte) 0);
            var from = block.codec == BlockHeader.RAW ? block.raw : block.packed;
            MemorySegment.copy(from, BlockHeader.SIZE, to, room + BlockHeader.SIZE, block.storedLength);
        }
    }

    /** Before it goes to the spool. */
    static void seal(MemorySegment entry) {
        entry.set(Le.U32, BODY_CHECKSUM, Le.crc32c(entry, SIZE, entry.byteSize() - SIZE));
        entry.set(Le.U32, CHECKSUM, Le.crc32c(entry, 0, CHECKSUM));
    }

    /** How long the entry is whose header this is, or 0 if it is none. */
    static int lengthOf(MemorySegment header) {
        if (header.get(Le.U32, MAGIC) != MAGIC_VALUE
                || header.get(Le.U8, VERSION) != CURRENT
                || header.get(Le.U32, CHECKSUM) != Le.crc32c(header, 0, CHECKSUM)) {
            return 0;
        }
        int slots = header.get(Le.U32, SLOTS);
        int stored = header.get(Le.U32, STORED_LENGTH);
        int raw = header.get(Le.U32, RAW_LENGTH);
        boolean sound = slots > 0
                && slots <= RawBlock.MAX_SLOTS
                && stored >= 0
                && stored <= raw
                && raw <= BlockHeader.MAX_RAW
                && header.get(Le.U64, SEQUENCE) >= 0
                && header.get(Le.U64, BATCH) >= 0;
        return sound ? length(slots, stored) : 0;
    }

    /** Whether what stands behind the header is what was written. */
    static boolean isBodySound(MemorySegment entry) {
        return entry.get(Le.U32, BODY_CHECKSUM) == Le.crc32c(entry, SIZE, entry.byteSize() - SIZE);
    }

    static boolean has(MemorySegment entry, short flag) {
        return (entry.get(Le.U16, FLAGS) & flag) != 0;
    }

    static boolean isOf(MemorySegment entry, UUID history) {
        return entry.get(Le.U64, HISTORY_HIGH) == history.getMostSignificantBits()
                && entry.get(Le.U64, HISTORY_LOW) == history.getLeastSignificantBits();
    }

    /** What the entry goes directly behind of. */
    static Link link(MemorySegment entry) {
        return new Link(entry.get(Le.U64, LINK_TIME), entry.get(Le.U32, LINK_CHECKSUM));
    }

    /** What the next entry goes directly behind of. */
    static Link end(MemorySegment entry) {
        return Link.of(entry, SIZE + (entry.get(Le.U32, SLOTS) - 1L) * Slot.SIZE);
    }
}
