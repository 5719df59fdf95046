// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** One append-only sequence of bytes in a {@link StoreVolume}. */
public interface Segment extends AutoCloseable {
    long size() throws IOException;

    /**
     * Appends all the bytes at the end; they can be read after a {@link #sync} or {@link #close}. After a failure the end is not
     * known; the segment must be cut or left.
     */
    void append(MemorySegment bytes) throws IOException;

    /** Fills {@code into} with the bytes at {@code at}; an {@link java.io.EOFException} if there are too few. */
    void read(long at, MemorySegment into) throws IOException;

    /**
     * Reads what there is, past the system's cache where that can be done: for whoever reads much, once.
     *
     * @param at a multiple of 4096, like the size and the address of {@code into}
     * @return how many bytes were read; fewer than asked for only at the end of the segment
     */
    default int readPages(long at, MemorySegment into) throws IOException {
        int count = (int) Math.clamp(size() - at, 0, into.byteSize());
        if (count > 0) {
            read(at, into.asSlice(0, count));
        }
        return count;
    }

    /**
     * Brings all appended bytes to stable storage; a {@link java.nio.file.NoSuchFileException} if nobody would find them
     * there.
     */
    void sync() throws IOException;

    /** Cuts everything from {@code size} on, on stable storage when this returns. */
    void truncate(long size) throws IOException;

    @Override
    void close() throws IOException;
}
