// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

/** The offsets of one queue's requests. One thread, no allocation. */
final class Offsets {
    /** There are no more. */
    static final long END = -1;

    private final boolean random;
    private final boolean once;
    private final long blockSize;
    private final long from;
    private final long blocks;
    private long state;

    private Offsets(boolean random, boolean once, long blockSize, long from, long blocks, long seed) {
        this.random = random;
        this.once = once;
        this.blockSize = blockSize;
        this.from = from;
        this.blocks = blocks;
        this.state = seed;
    }

    static Offsets of(Workload workload, long capacity, int queue) {
        long blocks = capacity / workload.blockSize();
        if (workload.random()) {
            return new Offsets(true, false, workload.blockSize(), 0, blocks, 0x9E3779B97F4A7C15L * (queue + 1));
        }
        long share = blocks / workload.queues();
        return new Offsets(false, false, workload.blockSize(), queue * share * workload.blockSize(), share, 0);
    }

    /** Each cluster once, in an order without sequences. @param clusters a power of two */
    static Offsets ofClusters(long from, int clusters, long clusterBytes) {
        return new Offsets(false, true, clusterBytes, from, clusters, 0);
    }

    long next() {
        if (once) {
            // An odd factor makes a permutation of any power of two.
            return state == blocks ? END : from + (state++ * 0x9E3779B1L & blocks - 1) * blockSize;
        }
        if (!random) {
            long block = state;
            state = block + 1 == blocks ? 0 : block + 1;
            return from + block * blockSize;
        }
        // xorshift64 (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >>> 7;
        state ^= state << 17;
        return Math.floorMod(state, blocks) * blockSize;
    }
}
