// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.Slot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The slots of a segment in log order, as they stand in the store: 56 bytes each, outside the heap. */
final class RecordLog implements AutoCloseable {
    private static final int CHUNK_SHIFT = 15;
    private static final int CHUNK = 1 << CHUNK_SHIFT;
    /** The position is known directly after every so many slots. */
    private static final int STRIDE = 1024;

    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> chunks = new ArrayList<>();
    private long[] positions = new long[16];
    private int size;
    private long position;

    /** Sets the position that the next slots follow. */
    void continueFrom(long before) {
        position = before;
    }

    void add(MemorySegment from, long at) {
        if ((size & (CHUNK - 1)) == 0) {
            chunks.add(arena.allocate((long) CHUNK * Slot.SIZE, 8));
        }
        if (size % STRIDE == 0) {
            if (size / STRIDE == positions.length) {
                positions = Arrays.copyOf(positions, 2 * positions.length);
            }
            positions[size / STRIDE] = position;
        }
        MemorySegment.copy(from, at, chunks.get(size >>> CHUNK_SHIFT), in(size), Slot.SIZE);
        size = Math.addExact(size, 1);
        position = after(size - 1, position);
    }

    int size() {
        return size;
    }

    byte kind(int index) {
        return chunk(index).get(Le.U8, in(index) + Slot.KIND);
    }

    byte flags(int index) {
        return chunk(index).get(Le.U8, in(index) + Slot.FLAGS);
    }

    int checksum(int index) {
        return chunk(index).get(Le.U32, in(index) + Slot.CHECKSUM);
    }

    long time(int index) {
        int from = index;
        while (kind(from) == Kind.NAME && from > 0) {
            from--;
        }
        return chunk(from).get(Le.U64, in(from) + Slot.TIME);
    }

    long number(int index) {
        return chunk(index).get(Le.U64, in(index) + Slot.NUMBER);
    }

    long offset(int index) {
        return chunk(index).get(Le.U64, in(index) + Slot.OFFSET);
    }

    long length(int index) {
        return chunk(index).get(Le.U64, in(index) + Slot.LENGTH);
    }

    int segment(int index) {
        return chunk(index).get(Le.U32, in(index) + Slot.SEGMENT);
    }

    long block(int index) {
        return chunk(index).get(Le.U64, in(index) + Slot.BLOCK);
    }

    int inBlock(int index) {
        return chunk(index).get(Le.U32, in(index) + Slot.IN_BLOCK);
    }

    /** The name of the mark at {@code index}. */
    String name(int index) {
        int length = (int) length(index);
        var bytes = new byte[length];
        for (int done = 0, slot = index + 1; done < length; done += Slot.NAME_BYTES, slot++) {
            MemorySegment.copy(
                    chunk(slot), Le.U8, in(slot) + Slot.NAME, bytes, done, Math.min(Slot.NAME_BYTES, length - done));
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** How many slots a mark takes whose name has so many bytes. */
    static int slots(long nameLength) {
        return 1 + (int) ((nameLength + Slot.NAME_BYTES - 1) / Slot.NAME_BYTES);
    }

    /** The write number reached by the first {@code records} slots. */
    long positionAt(int records) {
        if (records == size) {
            return position;
        }
        int from = records / STRIDE * STRIDE;
        long reached = positions[from / STRIDE];
        for (int i = from; i < records; i++) {
            reached = after(i, reached);
        }
        return reached;
    }

    /** How many slots there are before the first of a write after {@code number}. */
    int recordsUpToNumber(long number) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (positionAt(middle + 1) > number) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** How many slots there are up to a time. */
    int recordsUpToTime(long time) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (time(middle) > time) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private long after(int index, long before) {
        return Kind.isChange(kind(index)) ? number(index) : before;
    }

    private MemorySegment chunk(int index) {
        return chunks.get(index >>> CHUNK_SHIFT);
    }

    private static long in(int index) {
        return (long) (index & (CHUNK - 1)) * Slot.SIZE;
    }

    @Override
    public void close() {
        arena.close();
    }
}
