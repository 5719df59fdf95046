// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

import java.lang.foreign.MemorySegment;

/** What stands before the slots of one group commit in the metadata volume (store-format.md, "Batch"). */
public final class BatchHeader {
    public static final int MAGIC = 0;
    public static final int VERSION = 4;
    public static final int FLAGS = 6;
    public static final int SLOTS = 8;
    public static final int DATA_SEGMENT = 12;
    public static final int DATA_END = 16;
    public static final int SEQUENCE = 24;
    public static final int BEFORE = 32;
    public static final int AFTER = 40;
    public static final int BLOCKS = 48;
    public static final int SLOTS_CHECKSUM = 56;
    public static final int CHECKSUM = 60;
    public static final int SIZE = 64;

    /** "TMBT" */
    public static final int MAGIC_VALUE = 0x54424d54;

    public static final short CURRENT = 1;
    /** In FLAGS: a gap is open after the batch. */
    public static final short GAP_OPEN = 1;

    public static final int MAX_SLOTS = 1 << 17;

    private BatchHeader() {}

    /** How long the valid batch at {@code at} is, or 0 if none begins there. */
    public static long validAt(MemorySegment segment, long at) {
        long left = segment.byteSize() - at;
        if (left < SIZE || segment.get(Le.U32, at + MAGIC) != MAGIC_VALUE) {
            return 0;
        }
        int slots = segment.get(Le.U32, at + SLOTS);
        if (slots <= 0
                || slots > MAX_SLOTS
                || left < SIZE + (long) slots * Slot.SIZE
                || segment.get(Le.U16, at + VERSION) != CURRENT
                || segment.get(Le.U32, at + CHECKSUM) != Le.crc32c(segment, at, CHECKSUM)
                || segment.get(Le.U32, at + SLOTS_CHECKSUM)
                        != Le.crc32c(segment, at + SIZE, (long) slots * Slot.SIZE)) {
            return 0;
        }
        return SIZE + (long) slots * Slot.SIZE;
    }
}
