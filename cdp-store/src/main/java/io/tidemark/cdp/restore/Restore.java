// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Writes a past disk to a target.
 *
 * <p>Window by window of the disk. Blocks of the store whose extents lie all over the disk, as those of random writes do, come first: each
 * is read, checked and unpacked once in a window, in the order of the store, and its content spilled to a passing file. Then the
 * window is written in the disk's order, in large pieces. What is done is kept from time to time, always behind a flush of the target.
 */
public final class Restore {
    /** Keeps what is done, so that another process can go on. */
    @FunctionalInterface
    interface Keeper {
        void keep(Headway headway);
    }

    /** More damage than this ends a restore. */
    private static final int MOST_MISSING = 10_000;

    private static final long TICK_MILLIS = 100;

    private final Supplier<PastView> views;
    private final RestoreTarget target;
    private final Headway headway;
    private final Keeper keeper;
    private final RestoreOptions options;
    private final Progress progress;
    private final BlockingQueue<RestoreWorker.Task> tasks = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    // Under this object's lock.
    private int pending;
    private long doneBytes;
    private Throwable failure;

    private Spill spill;
    private long total;
    private long kept = System.nanoTime();
    private boolean unkept;

    private Restore(
            Supplier<PastView> views,
            RestoreTarget target,
            Headway headway,
            Keeper keeper,
            RestoreOptions options,
            Progress progress) {
        this.views = views;
        this.target = target;
        this.headway = headway;
        this.keeper = keeper;
        this.options = options;
        this.progress = progress;
    }

    /**
     * Restores all of it; it is on stable storage in the end.
     *
     * @param views opens the past anew for each thread
     * @return what was written
     * @throws StoreException if the store fails; what was done until then is kept
     */
    public static RestoreResult run(
            Supplier<PastView> views, RestoreTarget target, RestoreOptions options, Progress progress) {
        return run(views, target, new Headway(), _ -> {}, options, progress);
    }

    /** Likewise, from where an earlier run has come to, by the note that is kept beside the target. */
    public static RestoreResult run(
            Supplier<PastView> views,
            RestoreTarget target,
            RestoreNote note,
            RestoreOptions options,
            Progress progress) {
        return run(views, target, note.headway(), note::keep, options, progress);
    }

    static RestoreResult run(
            Supplier<PastView> views,
            RestoreTarget target,
            Headway headway,
            Keeper keeper,
            RestoreOptions options,
            Progress progress) {
        return new Restore(views, target, headway, keeper, options, progress).run();
    }

    private RestoreResult run() {
        try (var passing = new Spill(target.scratch())) {
            spill = passing;
            return write();
        }
    }

    private RestoreResult write() {
        try (var view = views.get();
                var lane = target.open()) {
            begin(view);
            try {
                retry(view);
                while (headway.upTo() < view.capacity()) {
                    var window = Window.collect(view, snapshot(), options.windowExtents(), (offset, length) -> {
                        if (!target.isFresh()) {
                            lane.zero(offset, length);
                        }
                    });
                    restore(window);
                    lane.drain();
                    synchronized (this) {
                        headway.upTo(window.end());
                        unkept = true;
                    }
                }
                target.flush();
                if (!headway.missing().isEmpty()) {
                    keeper.keep(snapshot());
                }
                return new RestoreResult(doneBytes, List.copyOf(headway.missing()));
            } catch (RuntimeException | Error e) {
                keepWhatIsDone(e);
                throw e;
            }
        } finally {
            end();
        }
    }

    private void begin(PastView view) {
        long[] sum = {0};
        view.forEachData(headway.upTo(), view.capacity(), (offset, length, _) -> {
            sum[0] += headway.contains(offset, length) ? 0 : length;
            return true;
        });
        headway.missing().forEach(part -> sum[0] += part.length());
        total = sum[0];
        progress.at(0, total);
        for (int i = 0; i < options.threads(); i++) {
            threads.add(Thread.ofPlatform()
                    .daemon()
                    .name("restore-" + i)
                    .start(new RestoreWorker(this, views, target, spill, tasks)));
        }
    }

    /** What was damaged the last time may have been brought back since. */
    private void retry(PastView view) {
        if (headway.missing().isEmpty()) {
            return;
        }
        var before = List.copyOf(headway.missing());
        restore(Window.of(view, before));
        synchronized (this) {
            headway.missing().subList(0, before.size()).clear();
        }
    }

    private void restore(Window window) {
        spill.clear();
        for (int from = 0; from < window.scatteredSize(); ) {
            int to = window.scatteredTaskEnd(from, options.taskBytes());
            add(new RestoreWorker.Task(window, from, to, true));
            from = to;
        }
        awaitTasks();
        for (int from = 0; from < window.size(); ) {
            int to = window.taskEnd(from, options.taskBytes());
            add(new RestoreWorker.Task(window, from, to, false));
            from = to;
        }
        awaitTasks();
    }

    private void add(RestoreWorker.Task task) {
        synchronized (this) {
            pending++;
        }
        tasks.add(task);
    }

    private void awaitTasks() {
        while (true) {
            synchronized (this) {
                waitForWorkers();
                throwFailure();
                if (headway.missing().size() > MOST_MISSING) {
                    throw new StoreException(
                            Code.DAMAGED,
                            headway.missing().getLast().reason() + "; more than " + MOST_MISSING
                                    + " parts of the disk can't be restored");
                }
                if (pending == 0) {
                    break;
                }
            }
            progress.at(doneBytes(), total);
            keepNowAndThen();
        }
        progress.at(doneBytes(), total);
    }

    private void throwFailure() {
        switch (failure) {
            case null -> {}
            case Error error -> throw error;
            case RuntimeException exception -> throw exception;
            default -> throw new IllegalStateException(failure);
        }
    }

    private void waitForWorkers() {
        try {
            if (pending > 0 && failure == null) {
                wait(TICK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Code.IO, "restore: interrupted; give the same command again to go on", e);
        }
    }

    private void keepNowAndThen() {
        if (System.nanoTime() - kept >= options.interval().toNanos()) {
            keep();
        }
    }

    private void keep() {
        Headway done;
        synchronized (this) {
            done = unkept ? headway.copy() : null;
            unkept = false;
        }
        if (done != null) {
            // In this order: what is told to be done must be on the target's storage.
            target.flush();
            keeper.keep(done);
        }
        kept = System.nanoTime();
    }

    private void keepWhatIsDone(Throwable why) {
        try {
            keep();
        } catch (RuntimeException e) {
            why.addSuppressed(e);
        }
    }

    private synchronized Headway snapshot() {
        return headway.copy();
    }

    private synchronized long doneBytes() {
        return doneBytes;
    }

    synchronized boolean isFailed() {
        return failure != null;
    }

    /** A worker has gathered a task's extents. */
    synchronized void gathered() {
        pending--;
        notifyAll();
    }

    /** A worker has written a task's extents, but for what it found to be damaged. */
    synchronized void done(RestoreWorker.Task task, List<Missing> broken) {
        for (int i = task.from(); i < task.to(); i++) {
            long offset = task.window().offset(i);
            long length = task.window().length(i);
            if (offset >= headway.upTo()) {
                headway.add(offset, length);
            }
            doneBytes += length;
        }
        for (var part : broken) {
            doneBytes -= part.length();
        }
        headway.missing().addAll(broken);
        pending--;
        unkept = true;
        notifyAll();
    }

    synchronized void failed(Throwable why) {
        if (failure == null) {
            failure = why;
        } else if (failure != why) {
            failure.addSuppressed(why);
        }
        notifyAll();
    }

    private void end() {
        tasks.clear();
        threads.forEach(_ -> tasks.add(RestoreWorker.END));
        synchronized (this) {
            if (pending > 0 && failure == null) {
                failure = new StoreException(Code.IO, "restore: given up");
            }
        }
        boolean interrupted = Thread.interrupted();
        for (var thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join(TimeUnit.SECONDS.toMillis(1));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
