// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Loop;

/**
 * How a loop writes where the disk reads as zeros: to clusters of the reserve, which an entry names when the data is there. Who
 * comes meanwhile for the same cluster writes to the same new one. If another loop's cluster was entered first, this one's is
 * given back, and its requests look again.
 */
final class NewClusters {
    /** How many clusters one change enters, or clears, at the most. */
    private static final int MOST_ENTERED = 64;

    static final int MOST_CLEARED = 4096;

    private final Loop loop;
    private final Worker<Metadata> metadata;
    private final Grace.Passage passage;
    private final Allocations allocations = new Allocations();
    private final Reserve.Run run = new Reserve.Run();

    /** By the id of a piece that is on its way to new clusters: what they are, and where they belong. */
    private final Written[] writing;

    /** What was taken last. */
    private Written taken;

    private long inCluster;
    private long length;

    /** Data that goes to new clusters. */
    private record Written(Tables tables, Allocation allocation, long cluster, int count, long place) {}

    NewClusters(Loop loop, Worker<Metadata> metadata, Grace.Passage passage, int pieces) {
        this.passage = passage;
        this.loop = loop;
        this.metadata = metadata;
        this.writing = new Written[pieces];
    }

    /**
     * Takes new clusters, or joins in.
     *
     * @param offset where on the disk something is going to be written, no longer than {@code most}
     * @param waiter told on the loop, if there are none now, when there are again, or why not
     */
    boolean take(Tables tables, long offset, long most, Change.Reply waiter) {
        int bits = tables.layout().clusterBits();
        long cluster = offset >>> bits;
        inCluster = offset & tables.layout().cluster() - 1;
        Allocation known = allocations.of(cluster);
        int count = 1;
        if (known == null) {
            long wanted = inCluster + most - 1 >>> bits;
            int free = allocations.free(cluster, (int) Math.min(MOST_ENTERED, wanted + 1));
            if (!tables.space().reserve().take(free, run, status -> loop.execute(() -> waiter.told(status)))) {
                return false;
            }
            count = run.count();
            known = new Allocation(cluster, run.place(), count, passage.begin());
            allocations.add(known);
        }
        known.join();
        taken = new Written(tables, known, cluster, count, known.placeOf(cluster, bits));
        length = Math.min(most, ((long) count << bits) - inCluster);
        return true;
    }

    /** Where in the image what was taken begins. */
    long place() {
        return taken.place + inCluster;
    }

    /** How much of it there is room for. */
    long length() {
        return length;
    }

    /** A piece goes there. */
    void begin(int piece) {
        writing[piece] = taken;
    }

    /** Whether a piece has gone to new clusters. */
    boolean isOne(int piece) {
        return writing[piece] != null;
    }

    /** It is there, or has failed. @param reply told when its entries are in the file, too */
    void written(int piece, int result, Change.Reply reply) {
        Written written = writing[piece];
        writing[piece] = null;
        Change change = result < 0
                ? new Change.Spoil(
                        written.tables, written.place, written.count, loop, _ -> entered(written, result, reply))
                : new Change.Enter(
                        written.tables,
                        written.cluster << written.tables.layout().clusterBits(),
                        written.place,
                        written.count,
                        loop,
                        told -> entered(written, told, reply));
        metadata.give(means -> means.change(change));
    }

    private void entered(Written written, int told, Change.Reply reply) {
        // Whoever comes from now on goes by what the tables say.
        allocations.remove(written.allocation);
        leave(written);
        reply.told(told);
    }

    private void leave(Written written) {
        Allocation allocation = written.allocation;
        if (allocation.leave()) {
            allocations.remove(allocation);
            Tables tables = written.tables;
            int bits = tables.layout().clusterBits();
            for (int i = 0; i < allocation.count(); i++) {
                tables.space()
                        .abandon(
                                allocation.placeOf(allocation.cluster() + i, bits),
                                tables.layout().cluster());
            }
            passage.end(allocation.begun());
        }
    }
}
