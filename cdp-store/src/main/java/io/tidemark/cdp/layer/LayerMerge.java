// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import java.io.IOException;
import java.util.List;

/** Makes one layer of several: one pass by offset, with a page of each in memory. */
public final class LayerMerge {
    private LayerMerge() {}

    /**
     * Gives what the layers show through each other.
     *
     * <p>Extents that were read in a gap, and take effect at a write number that lies in an older layer, were cut when their layer was
     * made: so the newer layer wins, always.
     *
     * @param newestFirst each with a page cache that has room for a page of each of them
     */
    public static void run(List<? extends Layer> newestFirst, ExtentSink to) throws IOException {
        var stack = new LayerStack(newestFirst);
        for (boolean found = stack.seek(0); found; found = stack.next()) {
            copy(stack, stack.offset(), stack.end(), to);
        }
    }

    /** Passes on the part of a cursor's extent that lies in [from, to). */
    static void copy(LayerCursor extent, long from, long to, ExtentSink sink) throws IOException {
        boolean zero = extent.isZero();
        sink.add(
                from,
                to - from,
                extent.number(),
                extent.segment(),
                zero ? 0 : extent.block(),
                zero ? 0 : extent.inBlock() + (int) (from - extent.offset()),
                extent.isWhole() && from == extent.offset() && to == extent.end(),
                extent.checksum());
    }
}
