// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import java.util.List;

/**
 * One row of the benchmark.
 *
 * @param blockSize bytes of each request
 * @param depth requests in flight on each queue
 * @param random random block-aligned offsets; else one after the other, each queue in its own part of the disk
 * @param flushEvery one of so many requests is a flush; 0 for none
 * @param allocating writes to a new cluster each, in random order, until there are no more
 */
public record Workload(
        boolean write, boolean random, int blockSize, int depth, int queues, int flushEvery, boolean allocating) {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** What a benchmark runs, in order. */
    public static final List<Workload> ALL = List.of(
            new Workload(false, true, 4 * KIB, 1, 1, 0),
            new Workload(true, true, 4 * KIB, 1, 1, 0),
            new Workload(false, true, 4 * KIB, 32, 1, 0),
            new Workload(true, true, 4 * KIB, 32, 1, 0),
            new Workload(false, true, 4 * KIB, 32, 2, 0),
            new Workload(true, true, 4 * KIB, 32, 2, 0),
            new Workload(false, false, 64 * KIB, 16, 1, 0),
            new Workload(true, false, 64 * KIB, 16, 1, 0),
            new Workload(false, false, MIB, 8, 1, 0),
            new Workload(true, false, MIB, 8, 1, 0),
            new Workload(true, true, 4 * KIB, 1, 1, 2),
            new Workload(true, true, 4 * KIB, 32, 1, 16));

    /** What it runs of a qcow2 image, in order. */
    static final List<Workload> QCOW2 = List.of(
            ALL.get(0),
            ALL.get(1),
            ALL.get(2),
            ALL.get(3),
            ALL.get(4),
            ALL.get(5),
            ALL.get(6),
            ALL.get(7),
            new Workload(true, true, 4 * KIB, 1, 1, 0, true),
            new Workload(true, true, 4 * KIB, 32, 1, 0, true));

    private Workload(boolean write, boolean random, int blockSize, int depth, int queues, int flushEvery) {
        this(write, random, blockSize, depth, queues, flushEvery, false);
    }

    /** For instance "4k randwrite d32 q2", or "4k randwrite d32 q1 f16"; rows are chosen by it. */
    public String name() {
        String size = blockSize >= MIB ? blockSize / MIB + "M" : blockSize / KIB + "k";
        String what = allocating ? " allocate" : (random ? " rand" : " seq") + (write ? "write" : "read");
        return size + what + " d" + depth + " q" + queues + (flushEvery == 0 ? "" : " f" + flushEvery);
    }
}
