// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

import java.lang.foreign.MemorySegment;

/** What stands before each block of the data volume (store-format.md, "Block"). */
public final class BlockHeader {
    public static final int MAGIC = 0;
    public static final int VERSION = 4;
    public static final int CODEC = 5;
    public static final int RAW_LENGTH = 8;
    public static final int STORED_LENGTH = 12;
    public static final int SEQUENCE = 16;
    public static final int CONTENT_CHECKSUM = 24;
    public static final int CHECKSUM = 28;
    public static final int SIZE = 32;

    /** "TMBK" */
    public static final int MAGIC_VALUE = 0x4b424d54;

    public static final byte CURRENT = 1;
    public static final byte RAW = 0;
    public static final byte LZ4 = 1;
    public static final byte ZSTD = 2;

    /** The most bytes that a block holds before compression. */
    public static final int MAX_RAW = 256 << 10;

    /** The most blocks of a segment; bounds the table of a packed one. */
    public static final int MAX_IN_SEGMENT = 1 << 17;

    private BlockHeader() {}

    /** Writes the header before content that already stands behind it. */
    public static void write(MemorySegment block, byte codec, int rawLength, int storedLength, long sequence) {
        block.set(Le.U32, MAGIC, MAGIC_VALUE);
        block.set(Le.U8, VERSION, CURRENT);
        block.set(Le.U8, CODEC, codec);
        block.set(Le.U16, CODEC + 1, (short) 0);
        block.set(Le.U32, RAW_LENGTH, rawLength);
        block.set(Le.U32, STORED_LENGTH, storedLength);
        block.set(Le.U64, SEQUENCE, sequence);
        block.set(Le.U32, CONTENT_CHECKSUM, Le.crc32c(block, SIZE, storedLength));
        block.set(Le.U32, CHECKSUM, Le.crc32c(block, 0, CHECKSUM));
    }

    /** What is wrong with a header, or "" if nothing is. */
    public static String fault(MemorySegment header) {
        if (header.get(Le.U32, MAGIC) != MAGIC_VALUE) {
            return "no block begins here";
        }
        if (header.get(Le.U32, CHECKSUM) != Le.crc32c(header, 0, CHECKSUM)) {
            return "block header checksum is wrong";
        }
        int raw = header.get(Le.U32, RAW_LENGTH);
        int stored = header.get(Le.U32, STORED_LENGTH);
        byte codec = header.get(Le.U8, CODEC);
        if (header.get(Le.U8, VERSION) != CURRENT || codec < RAW || codec > ZSTD) {
            return "block version or codec is not known here: use a later tidemark";
        }
        boolean lengths = raw > 0 && raw <= MAX_RAW && stored > 0 && stored <= raw && (codec != RAW || stored == raw);
        return lengths ? "" : "block lengths make no sense";
    }
}
