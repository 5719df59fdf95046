// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.filters.protect.OpenLog;
import io.tidemark.filters.protect.Session;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Opens a disk's history in a store, as often as protection asks for it. */
final class StoreHistory implements Supplier<OpenLog> {
    private final StoreName name;
    private final String disk;
    private final LongSupplier capacity;
    private final WriteClock clock;
    private volatile HistoryWriter writer;

    /**
     * @param capacity the disk's size in bytes when its history is opened; it may have grown since it was opened last
     * @param clock what stamps its writes, and those of other disks: none goes back behind what the history holds
     */
    StoreHistory(StoreName store, String disk, LongSupplier capacity, WriteClock clock) {
        this.name = store;
        this.disk = disk;
        this.capacity = capacity;
        this.clock = clock;
    }

    @Override
    public OpenLog get() {
        // A store that was there before and is missing now was moved, or isn't mounted: a new one would take its place.
        Store store = writer == null ? Store.openOrCreate(name.place()) : Store.open(name.place());
        HistoryWriter opened = store.write(disk, capacity.getAsLong());
        OpenLog log = open(store, disk, opened, clock);
        writer = opened;
        return log;
    }

    /** @param opened closed when this fails */
    static OpenLog open(Store store, String disk, HistoryWriter opened, WriteClock clock) {
        try {
            // After the writer, which has cut a torn end: what the reader sees is what will be built on.
            HistoryReader reader = store.read(disk);
            boolean fresh = reader.isEmpty();
            Session session = session(reader, opened.formerSession());
            Optional<RecordedContent> prior = Optional.empty();
            if (fresh) {
                reader.close();
            } else {
                clock.notBefore(reader.end().time());
                prior = Optional.of(new RecordedContent(reader));
            }
            opened.session(session.number());
            return new OpenLog(
                    opened, prior.map(content -> content), fresh, session, new StoreDelivery(opened), opened);
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** Numbers are drawn by lot: so a store that was set back to an earlier copy can't give one twice. */
    private static Session session(HistoryReader reader, int former) {
        int number;
        do {
            number = ThreadLocalRandom.current().nextInt();
        } while (number == 0 || number == former);
        return new Session(reader.history().id(), reader.endsDamaged() ? 0 : former, number);
    }

    /** The writer that was opened last, for what it knows of its progress. */
    Optional<HistoryWriter> writer() {
        return Optional.ofNullable(writer);
    }

    StoreName name() {
        return name;
    }
}
