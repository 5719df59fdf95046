// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import io.tidemark.disk.Extent;
import java.lang.foreign.MemorySegment;

/** Content that never changes, and that an overlay lies on: a disk as it was. Reading it may take its time. */
public interface Origin extends AutoCloseable {
    /** One thread's way to the content. Offsets and lengths are in bytes, multiples of 512. Errors are unchecked exceptions. */
    interface Reader extends AutoCloseable {
        /** Fills native memory. */
        void read(long offset, MemorySegment into);

        /** The extent that begins at {@code offset}; it may end early. */
        Extent extentAt(long offset);

        @Override
        void close();
    }

    /** For messages. */
    String name();

    /** In bytes. */
    long capacity();

    /** May be called by any thread. */
    Reader open();

    /** All readers are closed by then. */
    @Override
    void close();
}
