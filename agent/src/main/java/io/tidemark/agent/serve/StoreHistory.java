// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.history.HistoryKeeper;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.keep.HistoryKeeping;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.filters.protect.OpenLog;
import io.tidemark.filters.protect.PriorContent;
import io.tidemark.filters.protect.Session;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Opens a disk's history in a store, as often as protection asks for it. As a store may hang, that is done by a thread of its own
 * ({@code DISK-open}); protection waits for it only so long, and comes again.
 */
final class StoreHistory implements Supplier<OpenLog>, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** The size of a log segment, in bytes: tests make it small, so that a short history has many to thin and fold. */
    private static final long LOG_SEGMENT = Long.getLong("tidemark.log-segment", WriterOptions.DEFAULT.metaSegment());

    private static final WriterOptions OPTIONS = WriterOptions.DEFAULT
            .withSegments(
                    WriterOptions.DEFAULT.dataSegment() * LOG_SEGMENT / WriterOptions.DEFAULT.metaSegment(),
                    LOG_SEGMENT)
            .withKeeperRate(HistoryKeeping.BYTES_PER_SECOND);

    private final StoreName name;
    private final String disk;
    private final LongSupplier capacity;
    private final LocalSpool spool;
    private final KnownStore known;
    private final Optional<Retention> retention;
    private final WriteClock clock;
    private volatile HistoryWriter writer;

    /** What a thread is still about to open, or null. */
    private CompletableFuture<OpenLog> opening;

    /**
     * @param capacity the disk's size in bytes when its history is opened; it may have grown since it was opened last
     * @param clock what stamps its writes, and those of other disks: none goes back behind what the history holds
     */
    StoreHistory(StoreName store, DiskConfig config, LongSupplier capacity, WriteClock clock) {
        this.name = store;
        this.disk = config.id();
        this.capacity = capacity;
        this.spool = new LocalSpool(config);
        this.known = new KnownStore(config);
        this.clock = clock;
        this.retention = config.retention();
    }

    @Override
    public synchronized OpenLog get() {
        if (opening == null) {
            CompletableFuture<OpenLog> opened = new CompletableFuture<>();
            opening = opened;
            Thread.ofPlatform().daemon().name(disk + "-open").start(() -> {
                try {
                    opened.complete(openNow());
                } catch (RuntimeException | Error e) {
                    opened.completeExceptionally(e);
                }
            });
        }
        try {
            OpenLog opened = opening.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            opening = null;
            return opened;
        } catch (ExecutionException e) {
            opening = null;
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        } catch (TimeoutException | InterruptedException e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new StoreException(
                    Code.IO, "store " + name + ": does not answer: check the storage and the network below it", e);
        }
    }

    private OpenLog openNow() {
        // A store that was there before and is missing now was moved, or isn't mounted: a new one would take its place.
        Store store = writer != null || isKnown() ? Store.open(name.place()) : Store.openOrCreate(name.place());
        HistoryWriter opened = store.write(disk, capacity.getAsLong(), OPTIONS, spool.room());
        OpenLog log = open(store, disk, opened, clock);
        known.note(name);
        writer = opened;
        retention.ifPresent(wanted -> opened.keeper().ifPresent(keeper -> keeper.retainFromNowOn(wanted)));
        return log;
    }

    /** @param opened closed when this fails */
    static OpenLog open(Store store, String disk, HistoryWriter opened, WriteClock clock) {
        try {
            Session session;
            boolean fresh;
            // After the writer, which has cut a torn end: what the reader sees is what will be built on.
            try (HistoryReader reader = store.read(disk)) {
                session = session(reader, opened.formerSession());
                fresh = reader.isEmpty() && opened.isCaughtUp();
                if (!reader.isEmpty()) {
                    clock.notBefore(reader.end().time());
                }
            }
            // What the spool holds comes first: until then there is nothing to compare with.
            Optional<PriorContent> prior =
                    fresh ? Optional.empty() : Optional.of(new RecordedContent(() -> store.read(disk)));
            opened.session(session.number());
            return new OpenLog(opened, prior, fresh, session, new StoreDelivery(opened), opened);
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    /** Whether there is a history even if its store can't be opened: a guest must not wait for that. */
    boolean isKnown() {
        return spool.isNeeded() || known.is(name);
    }

    /** What says so where the spool is empty. */
    Path knownBy() {
        return known.file();
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

    /** Orders to the keeper of the history; empty while the store is not to be had. */
    Optional<HistoryKeeper> keeper() {
        Optional<HistoryWriter> now = writer();
        return now.flatMap(HistoryWriter::keeper)
                .map(keeper -> new HistoryKeeper(Store.open(name.place()).history(disk), keeper, now));
    }

    StoreName name() {
        return name;
    }

    /** What is opened later than anybody waits for is closed again: it would keep others from the history. */
    @Override
    public synchronized void close() {
        if (opening != null) {
            opening.thenAccept(late -> {
                try {
                    late.end().close();
                } catch (Exception e) {
                    throw new CompletionException(e);
                }
            });
            opening = null;
        }
    }
}
