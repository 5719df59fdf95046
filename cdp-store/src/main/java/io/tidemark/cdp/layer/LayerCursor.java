// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

/**
 * Stands on one extent of a layer at a time, or behind the last. Extents ascend and don't overlap; offsets and lengths are in bytes,
 * multiples of 512. Belongs to one thread; reading goes through {@link LayerException} where a layer file is damaged.
 */
public interface LayerCursor {
    /**
     * Goes to the first extent that ends behind an offset.
     *
     * @return whether there is one
     */
    boolean seek(long offset);

    /**
     * Goes on by one extent.
     *
     * @return whether there is one
     */
    boolean next();

    /** Where the extent begins on the disk. */
    long offset();

    /** Where it ends. */
    long end();

    /** The write that set it; of what was read in a gap, the write that it follows. */
    long number();

    /** Whether it reads as zeros: then it has no place. */
    default boolean isZero() {
        return segment() == 0;
    }

    /** The data segment that holds its content; 0 for zeros. */
    int segment();

    /** Where the block begins in the segment as it was written. */
    long block();

    /** Where the content begins in the unpacked block. */
    int inBlock();

    /** Whether it is all the content of a record, so that {@link #checksum} can be held against it. */
    boolean isWhole();

    int checksum();
}
