// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import java.lang.foreign.MemorySegment;

/**
 * What a history held when it was opened, so that only differences need to be recorded. Used by one thread, which may hang in it
 * for as long as the store does.
 */
public interface PriorContent {
    /** Reads what the history holds from {@code offset} on. False if it isn't known: then the disk's content is recorded. */
    boolean read(long offset, MemorySegment into);

    /** How far from {@code offset} on the history is known to hold zeros; {@code offset} itself if it isn't. */
    default long zeroUntil(long offset) {
        return offset;
    }

    /** Will not be read any more: the first pass over the disk is done, or given up. May be called again. */
    default void release() {}
}
