// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentFault;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.Segment;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A data segment that was packed anew: a table leads from the places in the segment as it was written to where their content
 * lies now. The table is in memory, 16 bytes an entry, at most {@value #MOST} entries. Belongs to one thread.
 */
public final class PackedSegment implements AutoCloseable {
    /** A segment that was opened again and again may have twice as many blocks as one that was not. */
    static final int MOST = 1 << 20;

    private final Segment segment;
    private final Arena arena = Arena.ofShared();
    private MemorySegment table;

    private PackedSegment(Segment segment) {
        this.segment = segment;
    }

    /** Opens a generation; a {@link java.nio.file.NoSuchFileException} if it isn't there. */
    static PackedSegment open(History history, int number, int generation) throws IOException {
        var name = PackedFormat.name(number, generation);
        var packed = new PackedSegment(history.packed().open(name));
        boolean opened = false;
        try {
            packed.checkHeader(history, number, generation);
            packed.table = packed.readTable();
            opened = true;
            return packed;
        } catch (EOFException e) {
            throw damaged(history.packed().name() + "/" + name, "is cut short", e);
        } catch (StoreException e) {
            throw damaged(history.packed().name() + "/" + name, e.getMessage(), e);
        } finally {
            if (!opened) {
                packed.close();
            }
        }
    }

    /** Whether a generation was written to its end. */
    public static boolean isWhole(History history, int number, int generation) throws IOException {
        try (var packed = open(history, number, generation)) {
            return packed.table != null;
        } catch (StoreException e) {
            if (e.code() != Code.DAMAGED) {
                throw e;
            }
            return false;
        }
    }

    private static StoreException damaged(String name, String reason, Exception cause) {
        return new StoreException(
                Code.DAMAGED, name + ": " + reason + ": bring it back from a copy of the store", cause);
    }

    private void checkHeader(History history, int number, int generation) throws IOException {
        var header = arena.allocate(SegmentHeader.SIZE);
        segment.read(0, header);
        var fault = SegmentHeader.fault(header, PackedFormat.MAGIC, history.id(), number);
        if (fault != SegmentFault.NONE) {
            throw bad(fault.toString());
        }
        if (header.get(Le.U64, SegmentHeader.FIRST) != generation) {
            throw bad("holds another generation of this segment");
        }
    }

    private MemorySegment readTable() throws IOException {
        long end = segment.size() - PackedFormat.FOOTER;
        var footer = arena.allocate(PackedFormat.FOOTER);
        segment.read(Math.max(0, end), footer);
        if (footer.get(Le.U32, PackedFormat.FOOTER_MAGIC) != PackedFormat.FOOTER_MAGIC_VALUE
                || footer.get(Le.U32, PackedFormat.FOOTER_CHECKSUM)
                        != Le.crc32c(footer, 0, PackedFormat.FOOTER_CHECKSUM)) {
            throw bad("its end is wrong");
        }
        long count = footer.get(Le.U32, PackedFormat.COUNT);
        long at = footer.get(Le.U64, PackedFormat.TABLE);
        if (count < 0 || count > MOST || at < SegmentHeader.SIZE || at != end - count * PackedFormat.ENTRY) {
            throw bad("its table lies where none can be");
        }
        var found = arena.allocate(count * PackedFormat.ENTRY, 8);
        segment.read(at, found);
        if (Le.crc32c(found, 0, found.byteSize()) != footer.get(Le.U32, PackedFormat.TABLE_CHECKSUM)) {
            throw bad("checksum of its table is wrong");
        }
        return found;
    }

    private static StoreException bad(String reason) {
        return new StoreException(Code.DAMAGED, reason);
    }

    /** Where its blocks end. */
    long end() throws IOException {
        return segment.size() - PackedFormat.FOOTER - table.byteSize();
    }

    /** How many blocks of the segment as it was written are still there. */
    int count() {
        return (int) (table.byteSize() / PackedFormat.ENTRY);
    }

    /** The entry of the block that began at {@code from}, or -1 if nobody needed it any more. */
    int find(long from) {
        int low = 0;
        int high = count() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long known = from(middle);
            if (known == from) {
                return middle;
            }
            if (known < from) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    long from(int entry) {
        return field(entry, PackedFormat.FROM);
    }

    /** Where the packed block begins. */
    long block(int entry) {
        return field(entry, PackedFormat.BLOCK);
    }

    /** Where the content begins in the unpacked packed block. */
    int inBlock(int entry) {
        return (int) field(entry, PackedFormat.IN_BLOCK);
    }

    int length(int entry) {
        return (int) field(entry, PackedFormat.LENGTH);
    }

    /** Whether an entry lies in a packed block of {@code raw} bytes. */
    boolean fits(int entry, long raw) {
        return field(entry, PackedFormat.IN_BLOCK) + field(entry, PackedFormat.LENGTH) <= raw
                && raw <= BlockHeader.MAX_RAW;
    }

    private long field(int entry, int field) {
        return Integer.toUnsignedLong(table.get(Le.U32, (long) entry * PackedFormat.ENTRY + field));
    }

    Segment segment() {
        return segment;
    }

    @Override
    public void close() throws IOException {
        arena.close();
        segment.close();
    }
}
