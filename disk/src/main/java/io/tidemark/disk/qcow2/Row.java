// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** Counts clusters in a row as used, with blocks behind them where there are none to count them. In memory. */
final class Row {
    private final RefcountTable counts;
    private final int bits;
    private long next;

    Row(RefcountTable counts, int bits) {
        this.counts = counts;
        this.bits = bits;
    }

    /**
     * @param first the first of clusters that are free, and which the table reaches with some more behind them
     * @return the cluster behind all that are used now
     */
    long count(long first, long clusters) {
        next = first + clusters;
        for (long cluster = first; cluster < first + clusters; cluster++) {
            count(cluster);
        }
        return next;
    }

    private void count(long cluster) {
        if (!counts.hasBlockFor(cluster)) {
            long at = counts.nextFree(next);
            next = at + 1;
            counts.makeBlock(cluster, at << bits);
            count(at);
        }
        counts.set(cluster, 1);
    }
}
