// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.volume.Segment;
import io.tidemark.disk.posix.NativeMemory;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Reads segments in large pieces, the larger the longer one is read from front to back: 1 MiB at most, which is also what it has
 * in memory. Belongs to one thread.
 */
final class ReadAhead {
    private static final int PAGE = 4096;
    private static final int SMALLEST = BlockHeader.MAX_RAW + 2 * PAGE;
    private static final int LARGEST = 1 << 20;

    private final MemorySegment memory;
    private Segment segment;
    private long from;
    private int length;
    private int wanted = SMALLEST;
    private long expected;

    ReadAhead(Arena arena) {
        memory = NativeMemory.anonymous(LARGEST, arena);
    }

    /**
     * A piece of a segment.
     *
     * @param size no more than a block with its header
     * @return valid until the next call
     */
    MemorySegment read(Segment of, long at, int size) throws IOException {
        if (of != segment || at < from || at + size > from + length) {
            load(of, at, size);
        }
        expected = at + size;
        return memory.asSlice(at - from, size);
    }

    private void load(Segment of, long at, int size) throws IOException {
        wanted = of == segment && at == expected ? Math.min(2 * wanted, LARGEST) : SMALLEST;
        segment = null; // in case it fails
        from = at & -PAGE;
        length = of.readPages(from, memory.asSlice(0, wanted));
        if (at + size > from + length) {
            throw new EOFException("ends before byte " + (at + size));
        }
        segment = of;
    }
}
