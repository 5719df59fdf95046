// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

import java.lang.foreign.MemorySegment;
import java.util.UUID;

/** The first 64 bytes of every segment (store-format.md, "Segment header"). */
public final class SegmentHeader {
    public static final int MAGIC = 0;
    public static final int VERSION = 8;
    public static final int HEADER_LENGTH = 12;
    public static final int HISTORY = 16;
    public static final int NUMBER = 32;
    public static final int CAPACITY = 40;
    public static final int FIRST = 48;
    /** Of a metadata segment: the session that began it, 0 for none. */
    public static final int SESSION = 56;

    public static final int CHECKSUM = 60;
    public static final int SIZE = 64;

    /** "TMRKDATA" */
    public static final long DATA_MAGIC = 0x415441444b524d54L;

    /** "TMRKMETA" */
    public static final long META_MAGIC = 0x4154454d4b524d54L;

    public static final int CURRENT = 1;

    private SegmentHeader() {}

    /** @param first the sequence number of the first block or batch that follows */
    public static void write(MemorySegment to, long magic, UUID history, long number, long capacity, long first) {
        to.asSlice(0, SIZE).fill((byte) 0);
        to.set(Le.U64, MAGIC, magic);
        to.set(Le.U32, VERSION, CURRENT);
        to.set(Le.U32, HEADER_LENGTH, SIZE);
        to.set(Le.U64, HISTORY, history.getMostSignificantBits());
        to.set(Le.U64, HISTORY + 8, history.getLeastSignificantBits());
        to.set(Le.U64, NUMBER, number);
        to.set(Le.U64, CAPACITY, capacity);
        to.set(Le.U64, FIRST, first);
        to.set(Le.U32, CHECKSUM, Le.crc32c(to, 0, CHECKSUM));
    }

    /** Puts the number of a session into a header that was written. */
    public static void session(MemorySegment header, int session) {
        header.set(Le.U32, SESSION, session);
        header.set(Le.U32, CHECKSUM, Le.crc32c(header, 0, CHECKSUM));
    }

    /** What is wrong with a header. */
    public static SegmentFault fault(MemorySegment header, long magic, UUID history, long number) {
        if (header.get(Le.U64, MAGIC) != magic) {
            return SegmentFault.NOT_A_SEGMENT;
        }
        if (header.get(Le.U32, CHECKSUM) != Le.crc32c(header, 0, CHECKSUM)) {
            return SegmentFault.CHECKSUM;
        }
        if (header.get(Le.U32, VERSION) != CURRENT) {
            return SegmentFault.LATER_VERSION;
        }
        if (header.get(Le.U64, HISTORY) != history.getMostSignificantBits()
                || header.get(Le.U64, HISTORY + 8) != history.getLeastSignificantBits()) {
            return SegmentFault.OTHER_HISTORY;
        }
        return header.get(Le.U64, NUMBER) == number ? SegmentFault.NONE : SegmentFault.OTHER_NUMBER;
    }
}
