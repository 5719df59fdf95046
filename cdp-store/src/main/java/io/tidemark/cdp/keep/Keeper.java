// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.read.MarkEntry;
import io.tidemark.disk.posix.ThreadPriority;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

    /** The time between two rounds in which nothing else happens. */
    private static final long INTERVAL = TimeUnit.SECONDS.toNanos(10);

    /** The time before something that was asked for is tried again. */
    private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

    private static final long PATIENCE = TimeUnit.SECONDS.toMillis(120);

    /** How long a round that somebody waits for begins to pack one more segment. */
    private static final long PACKING = TimeUnit.SECONDS.toNanos(60);

    /** Something for the keeper's thread to do. */
    private interface Task {
        void run(HistoryKeeping keeping) throws IOException;
    }

    /** @param brief done between two steps of a round, too */
    private record Order(Task task, boolean brief) {}

    /** Something that somebody waits for. */
    private interface Question<T> {
        T answer(HistoryKeeping keeping) throws IOException;
    }

    private final History history;
    private final LongSupplier clock;
    private final long bytesPerSecond;
    private final Thread thread;
    private final Deque<Order> asked = new ArrayDeque<>();
    /** What others wait for. */
    private final Set<CompletableFuture<?>> answers = ConcurrentHashMap.newKeySet();
    /** How many wait for a round. */
    private final AtomicInteger hurrying = new AtomicInteger();

    private HistoryKeeping keeping;
    /** The keeper's thread is at a brief order. */
    private boolean carrying;
    /** Whether a brief order has been given that wasn't taken yet. */
    private volatile boolean briefly;

    private int complete;
    private boolean due = true;
    private boolean pausing;
    private volatile boolean closed;
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
        this.history = history;
        this.complete = complete;
        this.clock = clock;
        this.bytesPerSecond = bytesPerSecond;
        this.thread = new Thread(this::run, history.disk() + "-keeper");
        thread.setDaemon(true);
        thread.start();
    }

    /** To be called when a log segment is complete; returns at once. */
    public synchronized void completed(int segment) {
        complete = Math.max(complete, segment);
        due = true;
        notifyAll();
    }

    /** Why the last attempt failed; else what states that it keeps are lost by. */
    public Optional<StoreException> failure() {
        return Optional.ofNullable(failure).or(() -> Optional.ofNullable(lost));
    }

    private void run() {
        ThreadPriority.comeLast();
        for (var order = await(); order != null; order = await()) {
            if (!attempt(this::open)) {
                again(order);
            } else if (attempt(order.task())) {
                failure = null;
            }
        }
    }

    private void open(HistoryKeeping known) throws IOException {
        if (known == null) {
            keeping = HistoryKeeping.open(history, clock, this::rate, this::isStopped, this::tell);
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
        while (briefly && !carrying && keeping != null && !closed) {
            carrying = true;
            try {
                var order = pollBrief();
                if (order.isPresent()) {
                    order.get().task().run(keeping);
                }
            } catch (IOException e) {
                throw StoreException.of("history of " + history.disk(), e);
            } finally {
                carrying = false;
            }
        }
        return closed;
    }

    private synchronized Optional<Order> pollBrief() {
        var first = asked.stream().filter(Order::brief).findFirst();
        first.ifPresent(asked::remove);
        briefly = asked.stream().anyMatch(Order::brief);
        return first;
    }

    private synchronized void add(Order order) {
        asked.add(order);
        briefly |= order.brief();
        notifyAll();
        LockSupport.unpark(thread); // it may wait for what it has moved to be due
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

    /** Has something that could not be done be done first, after a pause. */
    private synchronized void again(Order order) {
        asked.addFirst(order);
        briefly |= order.brief();
        pausing = true;
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

    /** The next thing to do; null when it is time to end. */
    private synchronized Order await() {
        long end = System.nanoTime() + (pausing ? PAUSE : INTERVAL);
        try {
            while (!closed) {
                long left = end - System.nanoTime();
                pausing &= left > 0;
                if (!pausing && !asked.isEmpty()) {
                    var order = asked.poll();
                    briefly = asked.stream().anyMatch(Order::brief);
                    return order;
                }
                if (!pausing && (due || left <= 0)) {
                    due = false;
                    return new Order(this::round, false);
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException _) {
            closed = true;
        }
        return null;
    }

    /** Sets what is kept from now on; returns at once. What goes, goes in the rounds that follow. */
    public synchronized void retainFromNowOn(Retention retention) {
        due = true;
        add(new Order(keeping -> retain(keeping, retention), true));
    }

    private void retain(HistoryKeeping keeping, Retention retention) {
        try {
            keeping.retain(retention);
        } catch (StoreException e) {
            again(new Order(later -> retain(later, retention), true));
            throw e;
        }
    }

    /** What is kept now. */
    public Retention retention() {
        return ask(true, HistoryKeeping::retention);
    }

    /** Sets what is kept from now on, on stable storage when this returns. */
    public void retain(Retention retention) {
        ask(true, keeping -> {
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
            return ask(false, keeping -> {
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
        return ask(true, keeping -> keeping.preview(retention, before));
    }

    /** Has a mark survive every rule, or takes that back; on stable storage when this returns. */
    public LockedMark lock(MarkEntry mark, boolean locked) {
        return ask(true, keeping -> keeping.lock(mark, locked));
    }

    /** Whether somebody waits for an answer. */
    boolean isAsked() {
        return !answers.isEmpty();
    }

    private <T> T ask(boolean brief, Question<T> question) {
        var answer = new CompletableFuture<T>();
        synchronized (this) {
            if (closed) {
                throw closing();
            }
            answers.add(answer);
            add(new Order(
                    keeping -> {
                        try {
                            answer.complete(question.answer(keeping));
                        } catch (IOException | RuntimeException | Error e) {
                            answer.completeExceptionally(e);
                            if (!isRefusal(e)) {
                                throw e;
                            }
                        }
                    },
                    brief));
        }
        try {
            return answer.get(PATIENCE, TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            var reason = failure;
            throw new StoreException(
                    Code.IO,
                    "history of " + history.disk() + ": "
                            + (reason == null ? "its keeper has been busy for two minutes" : reason.getMessage())
                            + "; what was asked for is done later, unless the store stays as it is",
                    reason);
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case IOException io -> StoreException.of("history of " + history.disk(), io);
                case LayerException layer -> layer.asDamage();
                case StoreException known -> new StoreException(known.code(), known.getMessage(), known);
                default -> new IllegalStateException(e.getCause());
            };
        } catch (CancellationException _) {
            throw closing();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw closing();
        } finally {
            answers.remove(answer);
        }
    }

    /** Whether it was asked for what can't be: no failure of the keeper. */
    private static boolean isRefusal(Throwable thrown) {
        return thrown instanceof StoreException e && (e.code() == Code.BAD_NAME || e.code() == Code.BEYOND);
    }

    private StoreException closing() {
        return new StoreException(
                Code.IO, "history of " + history.disk() + ": is being closed: ask again when it is open");
    }

    /** Ends the thread, in the middle of its work if need be, and waits for that. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        answers.forEach(answer -> answer.cancel(false));
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
