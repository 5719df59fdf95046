// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import java.io.IOException;

/** Takes extents in ascending order that don't overlap. */
@FunctionalInterface
public interface ExtentSink {
    /**
     * @param offset on the disk, in bytes; a multiple of 512, like {@code length}
     * @param number the write that set it; of what was read in a gap, the write that it follows
     * @param segment the data segment that holds the content; 0 for zeros
     * @param block where the block begins in the segment as it was written
     * @param inBlock where the content begins in the unpacked block
     * @param whole whether it is all the content of a record, whose checksum is {@code checksum}
     */
    void add(long offset, long length, long number, int segment, long block, int inBlock, boolean whole, int checksum)
            throws IOException;
}
