// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.Extent;
import java.lang.foreign.MemorySegment;

/** Reads the disk beside the guest, by a way of its own. Used by the protection thread only; errors are thrown. */
public interface DiskReader {
    /** In bytes; a multiple of 512. */
    long capacity();

    /** As {@link io.tidemark.disk.Image#extentAt}. What it tells must not be older than the call. */
    Extent extentAt(long offset);

    /**
     * Reads {@code into.byteSize()} bytes. The memory begins on a page; offset and size are multiples of 512.
     */
    void read(long offset, MemorySegment into);

    /** Brings all that was written by now to stable storage. */
    void flush();
}
