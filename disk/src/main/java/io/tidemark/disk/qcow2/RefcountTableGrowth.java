// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Makes the refcount table larger: a new one is written where the old one doesn't reach, with the blocks that count it; when that
 * lasts the header names it; then the old one's clusters are free.
 */
final class RefcountTableGrowth {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

    /** More blocks than a table's own clusters and the blocks for these take. */
    static final long SLACK = 64;

    private final Image container;
    private final ParallelIo io;
    private final RefcountTable counts;
    private final int bits;

    RefcountTableGrowth(Image container, ParallelIo io, RefcountTable counts, int bits) {
        this.container = container;
        this.io = io;
        this.counts = counts;
        this.bits = bits;
    }

    /**
     * @param first a cluster that the table doesn't reach, nor any behind it: so all of these are free
     * @return the first one that is free now
     */
    long reach(long first) {
        long clusters = counts.clustersFor(first + 2 * counts.clustersFor(first) + SLACK);
        if (clusters == 0) {
            throw new ImageException(
                    Code.UNSUPPORTED,
                    "its refcount table can't be larger; convert it to larger clusters with qemu-img convert");
        }
        counts.checkUnused(first, clusters);
        Row row = new Row(counts, bits);
        long former = counts.place();
        long formerBytes = counts.bytes();
        counts.grow(first << bits, clusters);
        long next = row.count(first, clusters);
        if (next << bits > container.geometry().capacity()) {
            Allocator.lengthen(container, next << bits);
        }
        counts.writeBlocks();
        counts.writeWholeTable();
        io.flush();
        HeaderSector.change(io, sector -> {
            sector.set(LONG, HeaderField.REFCOUNT_OFFSET, first << bits);
            sector.set(INT, HeaderField.REFCOUNT_CLUSTERS, (int) clusters);
        });
        for (long cluster = former >>> bits; cluster < former + formerBytes >>> bits; cluster++) {
            counts.set(cluster, 0);
        }
        return next;
    }
}
