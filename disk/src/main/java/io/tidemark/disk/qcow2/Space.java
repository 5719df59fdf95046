// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Image;
import java.util.List;

/** Where the clusters of an image that is written to come from, and where they go to. Used by any thread. */
final class Space implements AutoCloseable {
    private final Reserve reserve;
    private final KnownTables tables;
    private final Worker<Allocator> worker;

    /**
     * @param name the image's, for messages
     * @throws Malformed where its refcounts can't be what they say
     */
    Space(String name, Image container, Tables tables, Grace grace) {
        Header header = tables.header();
        this.tables = new KnownTables(header, tables.l1());
        this.reserve = new Reserve(header.clusterBits(), (header.size() - 1 >>> header.clusterBits()) + 1, this::fill);
        this.worker = new Worker<>(
                name + " allocator", () -> new Allocator(name, container, header, this.tables, reserve, grace));
    }

    private void fill() {
        worker.give(Allocator::fill);
    }

    Worker<Allocator> worker() {
        return worker;
    }

    Reserve reserve() {
        return reserve;
    }

    KnownTables tables() {
        return tables;
    }

    /** No entry names these any more. */
    void drop(List<Dropped> dropped) {
        worker.give(allocator -> allocator.drop(dropped));
    }

    /** A cluster that was taken is not wanted any more, unless an entry names it. */
    void abandon(long place, long length) {
        if (reserve.settle(place)) {
            drop(List.of(new Dropped(place, length)));
        }
    }

    /** Gives back what isn't needed now. The file changes no more until something is written. */
    void settle() {
        worker.call(Allocator::settle);
    }

    /** Gives back what is left. No request is on its way, and none will come. */
    @Override
    public void close() {
        worker.give(Allocator::finish);
        worker.close();
    }
}
