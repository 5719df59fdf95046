// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.MarkEntry;
import io.tidemark.cdp.keep.Orders.Order;
import io.tidemark.cdp.keep.Orders.Task;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.read.LostCatalogue;
import io.tidemark.disk.posix.ThreadPriority;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The thread {@code DISK-keeper}: makes layers whenever a log segment is complete, thins, folds and packs, while the history is
 * written. A failure costs speed and space, nothing else; it tries again. It may hang in the store for as long as that takes: only
 * who asks it for something waits, and not for ever.
 *
 * <p>A round may take long. What can be done between two of its small steps is done there; only who asks for a round waits for the
 * end of the one that goes on, and while somebody does, it is held back by no rate and leaves to later what can be left.
 *
 * <p>Its methods may be called by any thread.
 */
public final class Keeper implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Keeper.class.getName());

    /** How long a round that somebody waits for begins to pack one more segment. */
    private static final long PACKING = TimeUnit.SECONDS.toNanos(60);

    private final History history;
    private final LongSupplier clock;
    private final long bytesPerSecond;
    private final Thread thread;
    private final Orders orders;
    /** How many wait for a round. */
    private final AtomicInteger hurrying = new AtomicInteger();

    /** For the first opening; what others find is read by then. */
    private Optional<CatalogueFile.Found> found;

    private HistoryKeeping keeping;
    /** The keeper's thread is at a brief order. */
    private boolean carrying;

    private int complete;
    private volatile StoreException failure;
    private volatile StoreException lost;
    /** What was said last of what isn't as it should be. */
    private String told = "";

    /**
     * Starts it.
     *
     * @param complete the last log segment that nothing will be appended to; 0 for none
     * @param clock now, in microseconds since 1970
     * @param bytesPerSecond how much it may read and write to thin, fold and pack; 0: none of that is done unasked
     */
    public Keeper(History history, int complete, LongSupplier clock, long bytesPerSecond) {
        this(history, Optional.empty(), complete, clock, bytesPerSecond);
    }

    /** Likewise. @param found what there is of the history's catalogue, if it was read since the right to write it was taken */
    public Keeper(
            History history,
            Optional<CatalogueFile.Found> found,
            int complete,
            LongSupplier clock,
            long bytesPerSecond) {
        this.history = history;
        this.found = found;
        this.complete = complete;
        this.clock = clock;
        this.bytesPerSecond = bytesPerSecond;
        this.thread = new Thread(this::run, history.disk() + "-keeper");
        // It may wait for what it has moved to be due.
        this.orders = new Orders(history, () -> Optional.ofNullable(failure), () -> LockSupport.unpark(thread));
        thread.setDaemon(true);
        thread.start();
    }

    /** To be called when a log segment is complete; returns at once. */
    public synchronized void completed(int segment) {
        complete = Math.max(complete, segment);
        orders.due();
    }

    /** Why the last attempt failed; else what states that it keeps are lost by. */
    public Optional<StoreException> failure() {
        return Optional.ofNullable(failure).or(() -> Optional.ofNullable(lost));
    }

    private void run() {
        ThreadPriority.comeLast();
        for (var order = orders.await(this::round); order != null; order = orders.await(this::round)) {
            if (!attempt(this::open)) {
                orders.again(order);
            } else if (attempt(order.task())) {
                failure = null;
            }
        }
    }

    private void open(HistoryKeeping known) throws IOException {
        if (known == null) {
            var now = found.isPresent() ? found.get() : LostCatalogue.read(history);
            found = Optional.empty();
            keeping = HistoryKeeping.open(history, now, clock, this::rate, this::isStopped, this::tell);
            lost = keeping.lost().orElse(null);
            keeping.lost().ifPresent(reason -> tell(reason.getMessage()));
        }
    }

    private long rate() {
        return bytesPerSecond == 0 || isAwaited() ? Long.MAX_VALUE : bytesPerSecond;
    }

    /** Whether somebody waits for a round. */
    private boolean isAwaited() {
        return hurrying.get() > 0;
    }

    /** Between two small steps: carries brief orders out. A failure ends what goes on, as it would at its next step. */
    private boolean isStopped() {
        while (orders.hasBrief() && !carrying && keeping != null) {
            carrying = true;
            try {
                var order = orders.pollBrief();
                if (order.isPresent()) {
                    order.get().task().run(keeping);
                }
            } catch (IOException e) {
                throw StoreException.of("history of " + history.disk(), e);
            } finally {
                carrying = false;
            }
        }
        return orders.isClosed();
    }

    /** @return whether it was done */
    private boolean attempt(Task task) {
        try {
            task.run(keeping);
            return true;
        } catch (CancellationException _) {
            // It is being closed.
        } catch (IOException e) {
            failed(StoreException.of("history of " + history.disk(), e));
        } catch (LayerException e) {
            failed(e.asDamage());
        } catch (StoreException e) {
            failed(e);
        } catch (RuntimeException | Error e) { // whatever it was, the guest's writes go on, and it is tried again
            failed(new StoreException(Code.IO, "history of " + history.disk() + ": " + e, e));
        }
        return false;
    }

    /** Says once what isn't as it should be; nothing, if all is well. */
    private void tell(String what) {
        if (!what.isEmpty() && !what.equals(told)) {
            LOG.log(Level.WARNING, "disk {0}: {1}", history.disk(), what);
        }
        told = what;
    }

    private void failed(StoreException reason) {
        failure = reason;
        tell("its history is not kept small and quick to read: " + reason.getMessage() + "; it is tried again");
        keeping = null; // the next attempt finds what is damaged, and what is left over
    }

    private void round(HistoryKeeping keeping) throws IOException {
        keeping.makeLayers(upTo());
        if (bytesPerSecond == 0) {
            return;
        }
        var report = keeping.round(0, this::isAwaited);
        if (!isAwaited()) {
            tell(report.putOff()
                    .map(why -> "some of its history stays that was to go: " + why)
                    .orElse(""));
        }
    }

    private synchronized int upTo() {
        return complete;
    }

    /** Sets what is kept from now on; returns at once. What goes, goes in the rounds that follow. */
    public void retainFromNowOn(Retention retention) {
        orders.due();
        orders.add(new Order(keeping -> retain(keeping, retention), true));
    }

    private void retain(HistoryKeeping keeping, Retention retention) {
        try {
            keeping.retain(retention);
        } catch (StoreException e) {
            orders.again(new Order(later -> retain(later, retention), true));
            throw e;
        }
    }

    /** What is kept now. */
    public Retention retention() {
        return orders.ask(true, HistoryKeeping::retention);
    }

    /** Sets what is kept from now on, on stable storage when this returns. */
    public void retain(Retention retention) {
        orders.ask(true, keeping -> {
            keeping.retain(retention);
            return retention;
        });
    }

    /**
     * One round now. Of many segments that are to be packed, some may be left to the rounds that follow.
     *
     * @param before nothing before this place of the log, in records, is wanted; 0 if anything may be
     */
    public KeeperReport round(long before) {
        hurrying.incrementAndGet();
        try {
            return orders.ask(false, keeping -> {
                keeping.makeLayers(upTo());
                long end = System.nanoTime() + PACKING;
                var report = keeping.round(before, () -> System.nanoTime() - end > 0);
                completed(0); // what was left is done at once, but for who asks for something else
                return report;
            });
        } finally {
            hurrying.decrementAndGet();
        }
    }

    /** What would go. @param retention instead of what is set */
    public Preview preview(Retention retention, long before) {
        return orders.ask(true, keeping -> keeping.preview(retention, before));
    }

    /** Has a mark survive every rule, or takes that back; on stable storage when this returns. */
    public LockedMark lock(MarkEntry mark, boolean locked) {
        return orders.ask(true, keeping -> keeping.lock(mark, locked));
    }

    /** Whether somebody waits for an answer. */
    boolean isAsked() {
        return orders.isAsked();
    }

    /** Ends the thread, in the middle of its work if need be, and waits for that. */
    @Override
    public void close() {
        orders.close();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        orders.refuseRest();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
