// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.read.MarkEntry;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * The thread {@code DISK-keeper}: keeps a history small while it is written. It may hang in the store for as long as that takes;
 * nobody waits for it but those who ask it for something, and they not for ever.
 *
 * <p>Its methods may be called by any thread.
 */
public final class Keeper implements AutoCloseable {
    private static final long PATIENCE = TimeUnit.SECONDS.toMillis(60);
    private static final long FAREWELL = TimeUnit.SECONDS.toMillis(10);

    private final HistoryKeeping keeping;
    private final long interval;
    private final Consumer<String> trouble;
    private final Thread thread;
    private final Deque<Runnable> asked = new ArrayDeque<>();
    private boolean closed;
    private String told = "";

    /**
     * Starts it.
     *
     * @param keeping this keeper's from now on
     * @param interval the time between two rounds, in milliseconds
     * @param trouble told in a sentence what went wrong; it is tried again in the next round
     */
    public static Keeper start(HistoryKeeping keeping, long interval, Consumer<String> trouble) {
        var keeper = new Keeper(keeping, interval, trouble);
        keeper.thread.start();
        return keeper;
    }

    private Keeper(HistoryKeeping keeping, long interval, Consumer<String> trouble) {
        this.keeping = keeping;
        this.interval = interval;
        this.trouble = trouble;
        this.thread = new Thread(this::run, keeping.disk() + "-keeper");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
    }

    private void run() {
        while (true) {
            Runnable next;
            try {
                next = await();
            } catch (InterruptedException _) {
                return;
            }
            if (next == null) {
                return;
            }
            next.run();
        }
    }

    /** The next thing to do; null when it is time to end. */
    private synchronized Runnable await() throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(interval);
        while (!closed) {
            if (!asked.isEmpty()) {
                return asked.poll();
            }
            long left = end - System.nanoTime();
            if (left <= 0) {
                return this::round;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return null;
    }

    private void round() {
        try {
            var report = keeping.round();
            tell(report.putOff().orElse(""));
        } catch (IOException e) {
            tell(StoreException.of("history of " + keeping.disk(), e).getMessage());
        } catch (RuntimeException e) { // whatever happened, the next round may do better
            tell(e.toString());
        }
    }

    /** Once, not every round. */
    private void tell(String what) {
        if (!what.equals(told) && !what.isEmpty()) {
            trouble.accept("disk " + keeping.disk() + ": its history can't be kept as it should: " + what);
        }
        told = what;
    }

    /** Sets what is kept from now on. It is written down; what goes, goes in the rounds that follow. */
    public void retain(Retention retention) {
        ask(() -> {
            keeping.retain(retention);
            return null;
        });
    }

    /**
     * One round now.
     *
     * @param before nothing before this place of the log, in records, is wanted; 0 if anything may be
     */
    public KeeperReport round(long before) {
        return ask(() -> keeping.round(before));
    }

    /** What would go. @param retention instead of what is set */
    public Preview preview(Retention retention, long before) {
        return ask(() -> keeping.preview(retention, before));
    }

    /** Has a mark survive every rule, or takes that back. */
    public LockedMark lock(MarkEntry mark, boolean locked) {
        return ask(() -> keeping.lock(mark, locked));
    }

    private <T> T ask(Callable<T> what) {
        var answer = new CompletableFuture<T>();
        synchronized (this) {
            if (closed) {
                throw new StoreException(
                        Code.IO, "history of " + keeping.disk() + ": is being closed: ask again when it is open");
            }
            asked.add(() -> {
                try {
                    answer.complete(what.call());
                } catch (Exception e) { // told to the one who asked
                    answer.completeExceptionally(e);
                }
            });
            notifyAll();
        }
        try {
            return answer.get(PATIENCE, TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            throw new StoreException(
                    Code.IO,
                    "history of " + keeping.disk() + ": its keeper is busy for longer than a minute; what was asked for"
                            + " will be done: look again later, and check the store if it stays so");
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case IOException io -> StoreException.of("history of " + keeping.disk(), io);
                case StoreException known -> new StoreException(known.code(), known.getMessage(), known);
                default -> new IllegalStateException(e.getCause());
            };
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new StoreException(Code.IO, "history of " + keeping.disk() + ": interrupted: ask again");
        }
    }

    /** Ends the thread between two steps of its work; after some seconds it is left alone, and publishes nothing more. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        keeping.stop();
        try {
            thread.join(FAREWELL);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
