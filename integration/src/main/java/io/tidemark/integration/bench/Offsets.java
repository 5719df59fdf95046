// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

/** The offsets of one queue's requests. One thread, no allocation. */
final class Offsets {
    private final boolean random;
    private final long blockSize;
    private final long from;
    private final long blocks;
    private long state;

    private Offsets(boolean random, long blockSize, long from, long blocks, long seed) {
        this.random = random;
        this.blockSize = blockSize;
        this.from = from;
        this.blocks = blocks;
        this.state = random ? seed : 0;
    }

    static Offsets of(Workload workload, long capacity, int queue) {
        long blocks = capacity / workload.blockSize();
        if (workload.random()) {
            return new Offsets(true, workload.blockSize(), 0, blocks, 0x9E3779B97F4A7C15L * (queue + 1));
        }
        long share = blocks / workload.queues();
        return new Offsets(false, workload.blockSize(), queue * share * workload.blockSize(), share, 0);
    }

    long next() {
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
