// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;

/** Where a past disk is written to, by several threads. Errors are the target's own exceptions. */
public interface RestoreTarget {
    /** The most that is written at once, in bytes. */
    int PIECE = 256 << 10;

    /** Whether all of it read as zeros when it was made: then zeros are not written. */
    boolean isFresh();

    /**
     * A passing file.
     *
     * @param file without a name, for reading and writing
     * @param room how many bytes it may take
     */
    record Scratch(FileChannel file, long room) {}

    /** A passing file near it, for content that waits for its neighbours; the caller closes it. */
    Scratch scratch();

    /** One thread's way to it; called by that thread. */
    Lane open();

    /** Brings all that lanes have drained to stable storage. Called by the thread that restores. */
    void flush();

    /** Belongs to one thread. Offsets and lengths are multiples of 512. */
    interface Lane extends AutoCloseable {
        /** Where the next piece goes: {@link #PIECE} bytes, the same until {@link #write}. */
        MemorySegment buffer();

        /** Writes the beginning of the buffer; may return before it is done. */
        void write(long offset, int length);

        /** Likewise, zeros of any length. */
        void zero(long offset, long length);

        /** Waits until all is written. */
        void drain();

        @Override
        void close();
    }
}
