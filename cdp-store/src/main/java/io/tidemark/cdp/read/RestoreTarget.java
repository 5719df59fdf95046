// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import java.lang.foreign.MemorySegment;

/** Where a past disk is written to. Called by one thread; errors are the target's own exceptions. */
public interface RestoreTarget {
    /** Whether all of it reads as zeros: then zeros are not written. */
    boolean isFresh();

    /** Writes native memory, which is valid during the call only. Offsets and lengths are multiples of 512. */
    void write(long offset, MemorySegment content);

    void zero(long offset, long length);

    /** Brings everything to stable storage. */
    void flush();
}
