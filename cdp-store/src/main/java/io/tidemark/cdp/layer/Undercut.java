// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import java.io.IOException;

/**
 * Passes extents on to a new layer, without what has no effect: what was read in a gap takes effect at a write number that may lie before
 * the layer's own writes; where an older layer has a later number, the older one stays.
 */
public final class Undercut implements ExtentSink {
    private final LayerStack older;
    private final long before;
    private final ExtentSink to;

    /**
     * @param older the state before the first record of the new layer
     * @param before its last write number
     */
    public Undercut(LayerStack older, long before, ExtentSink to) {
        this.older = older;
        this.before = before;
        this.to = to;
    }

    @Override
    public void add(
            long offset, long length, long number, int segment, long block, int inBlock, boolean whole, int checksum)
            throws IOException {
        if (number >= before) {
            to.add(offset, length, number, segment, block, inBlock, whole, checksum);
            return;
        }
        long end = offset + length;
        long at = offset;
        for (boolean found = older.seek(offset, end); found; found = older.next()) {
            if (older.number() > number) {
                piece(at, older.offset(), offset, end, number, segment, block, inBlock, whole, checksum);
                at = older.end();
            }
        }
        piece(at, end, offset, end, number, segment, block, inBlock, whole, checksum);
    }

    private void piece(
            long from,
            long until,
            long offset,
            long end,
            long number,
            int segment,
            long block,
            int inBlock,
            boolean whole,
            int checksum)
            throws IOException {
        if (from < until) {
            int in = segment == 0 ? 0 : inBlock + (int) (from - offset);
            to.add(from, until - from, number, segment, block, in, whole && from == offset && until == end, checksum);
        }
    }
}
