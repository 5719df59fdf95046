// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Loop;
import io.tidemark.disk.change.ChangeLog;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.intent.Intent;
import io.tidemark.filters.range.RangeLock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Records a disk's changes in a {@link ChangeLog}, in the order in which they reach the image, without ever making the guest
 * wait for the log.
 *
 * <p>What can't be recorded is lost openly: the gap is opened in the log before anything that the lost change has caused,
 * the loops only remember where they changed something, and {@link #resume()} starts over.
 */
public final class Capture implements Filter, AutoCloseable {
    /** The unit, in bytes, in which changes that were not captured are remembered. */
    public static final int DIRTY_BLOCK = 64 << 10;

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final String disk;
    private final CaptureLimits limits;
    private final WriteClock clock;
    private final Intent intent;
    private final Durability durability;
    private final RangeLock ranges = new RangeLock();
    private final LossSignal losses = new LossSignal();
    private final CaptureRing ring;
    private final CaptureThread work;
    private final Thread thread;
    private final List<Piece> pieces = new CopyOnWriteArrayList<>();
    private final Object posting = new Object();
    private boolean ended;

    private record Piece(Loop loop, LoopCapture capture) {}

    /**
     * Starts the thread {@code DISK-capture}, which is the only one to call the log from now on, until {@link #drain()}.
     *
     * @param disk the disk's id, for messages
     */
    public Capture(String disk, ChangeLog log, CaptureListener listener, WriteClock clock, CaptureLimits limits) {
        this(disk, log, listener, clock, limits, Intent.NONE, Durability.ASYNC);
    }

    /**
     * @param intent has to cover each change before it goes to the image
     * @param durability what a guest's flush waits for
     */
    public Capture(
            String disk,
            ChangeLog log,
            CaptureListener listener,
            WriteClock clock,
            CaptureLimits limits,
            Intent intent,
            Durability durability) {
        this.disk = disk;
        this.limits = limits;
        this.clock = clock;
        this.intent = intent;
        this.durability = durability;
        this.ring = new CaptureRing(limits.events());
        this.work = new CaptureThread(disk, ring, log, losses, listener, clock, durability);
        this.thread = Thread.ofPlatform().daemon().name(disk + "-capture").start(work);
    }

    @Override
    public BlockDevice attach(Loop loop, BlockDevice below) {
        CopyRing copies = new CopyRing(limits.copyBytes());
        LoopCapture piece = new LoopCapture(loop, below, ranges, ring, losses, clock, copies, intent, durability);
        pieces.add(new Piece(loop, piece));
        return piece;
    }

    /**
     * Has something done with the log, behind all changes that are in the ring by now. Waits while the ring is full. Not to
     * be called by a loop.
     */
    public void post(LogTask task) {
        boolean posted = post(task, () -> false);
        assert posted;
    }

    /** As {@link #post(LogTask)}, but no longer than wished. @return false if the task was given up, and not called */
    public boolean post(LogTask task, BooleanSupplier giveUp) {
        while (true) {
            synchronized (posting) {
                if (ended) {
                    break;
                }
                if (ring.publishTask(clock.micros(), task)) {
                    return true;
                }
            }
            if (giveUp.getAsBoolean()) {
                return false;
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
        task.dropped(notRecording());
        return true;
    }

    /** As {@link #post}, with an answer. It fails with a {@link FilterException} if the log fails or capture has ended. */
    public <T> CompletableFuture<T> ask(BiFunction<ChangeLog, Long, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        post(new LogTask() {
            @Override
            public void run(ChangeLog log, long time) {
                try {
                    answer.complete(question.apply(log, time));
                } catch (RuntimeException | Error e) {
                    answer.completeExceptionally(e);
                    throw e;
                }
            }

            @Override
            public void dropped(FilterException why) {
                answer.completeExceptionally(why);
            }
        });
        return answer;
    }

    /** A write number that everything which has completed by now is behind of. */
    public CompletableFuture<Long> position() {
        return ask((log, time) -> log.position());
    }

    /** Ends the gap, unless a loss is in force: then the answer is false. */
    public CompletableFuture<Boolean> endGap() {
        return ask((log, time) -> {
            // A loss that is raised after this look completes to the guest after it: the gap it opens begins later.
            if (losses.current() != null) {
                return false;
            }
            log.gapEnd(time);
            work.promise();
            return true;
        });
    }

    /**
     * Records nothing from now on: as a loss, with its gap, but by wish. Returns at once.
     *
     * @return the loss that is in force now: this one, or one that was before
     */
    public Loss lose(GapReason reason) {
        Loss loss;
        do {
            if (losses.raise(reason, clock.micros(), ring.cursor())) {
                ring.wakeUp().signalAllWhenBlocking();
            }
            loss = losses.current();
        } while (loss == null);
        return loss;
    }

    /** Whether flushes would wait for the log, but it has kept one too long. */
    public boolean isSuspended() {
        return work.isSuspended();
    }

    /** The last place in the ring that was taken by now. */
    public long published() {
        return ring.cursor();
    }

    /** Whether the log has all up to that place. */
    public boolean isHandled(long place) {
        return ring.handled() >= place;
    }

    /** Whether a loss is in force: changes are not being recorded. */
    public boolean isLosing() {
        return losses.current() != null;
    }

    /** Whether this loss has not been ended by {@link #resume}. */
    public boolean isInForce(Loss loss) {
        return losses.current() == loss;
    }

    /**
     * Ends a loss whose gap is open: every loop captures again. Answers, when the last change that was not captured has
     * completed, with all places that were missed.
     */
    public CompletableFuture<BlockSet> resume(Loss loss) {
        losses.clear(loss);
        BlockSet missed = new BlockSet(DIRTY_BLOCK);
        return onAllLoops(LoopCapture::resume).thenApply(answers -> {
            answers.forEach(answer -> missed.addAll(answer.join()));
            return missed;
        });
    }

    /** Answers when all changes that are on their way now have completed, and are in the ring if they were captured. */
    public CompletableFuture<Void> settle() {
        return onAllLoops(LoopCapture::settle).thenApply(answers -> null);
    }

    /**
     * Has this disk's history come to a cut, behind its last change that isn't later.
     *
     * @param which of the cut's disks this is
     * @return the mark; fails if the cut is refused, or the log fails
     */
    CompletableFuture<Mark> announce(CutPoint point, int which) {
        CompletableFuture<Mark> answer = new CompletableFuture<>();
        CutPlace place = new CutPlace(point, which, this::isCrowded, answer);
        LogTask announcement = new LogTask() {
            @Override
            public void run(ChangeLog log, long time) {
                work.expect(place);
            }

            @Override
            public void dropped(FilterException why) {
                place.refuse(why);
            }
        };
        if (!post(announcement, point::isOver)) {
            point.refuseForMissing();
        }
        return answer;
    }

    /** Puts an event into the ring that lies behind the cut, now that the clock is past it. */
    void passBy(CutPoint point) {
        post(
                new LogTask() {
                    @Override
                    public void run(ChangeLog log, long time) {}

                    @Override
                    public void dropped(FilterException why) {
                        point.refuse(why);
                    }
                },
                point::isOver);
    }

    /** Whether half of what may lie between the guest and the log does. */
    private boolean isCrowded() {
        CaptureStatistics now = statistics();
        long copies = now.lagBytes() + now.lagEvents() * CopyRing.PAGE; // a copy begins on a page
        return now.lagEvents() > limits.events() / 2 || copies > limits.copyBytes() / 2;
    }

    String disk() {
        return disk;
    }

    private interface Message<T> {
        void deliver(LoopCapture piece, CompletableFuture<T> answer);
    }

    private <T> CompletableFuture<List<CompletableFuture<T>>> onAllLoops(Message<T> message) {
        List<CompletableFuture<T>> answers = pieces.stream()
                .map(piece -> {
                    CompletableFuture<T> answer = new CompletableFuture<>();
                    try {
                        piece.loop.execute(() -> message.deliver(piece.capture, answer));
                    } catch (RejectedExecutionException e) { // the loop has ended
                        answer.completeExceptionally(e);
                    }
                    return answer;
                })
                .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(done -> answers);
    }

    /** The loss that is in force, whether or not its gap is open yet. */
    public Optional<Loss> loss() {
        return Optional.ofNullable(losses.current());
    }

    /** How long ago the first change behind this write number was made, in microseconds; 0 if there is none. */
    public long ageBehind(long number) {
        long time = work.timeBehind(number);
        return time < 0 ? 0 : Math.max(0, clock.micros() - time);
    }

    /** How many events the log has not seen yet. */
    public long backlog() {
        return ring.backlog();
    }

    public CaptureStatistics statistics() {
        long bytes = sum(counters -> counters.copiedBytes);
        return new CaptureStatistics(
                work.position(),
                sum(counters -> counters.changes),
                bytes,
                sum(counters -> counters.lostChanges),
                ring.backlog(),
                Math.max(0, bytes - work.handledBytes()));
    }

    private long sum(Function<LoopCounters, AtomicLong> counter) {
        long sum = 0;
        for (Piece piece : pieces) {
            sum += counter.apply(piece.capture.counters()).getOpaque();
        }
        return sum;
    }

    /** Hands on everything that is in the ring, and ends the thread: the log may be used by others afterwards. */
    public void drain() {
        synchronized (posting) {
            ended = true;
        }
        work.stop();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Drains, and gives the copies' memory back. No loop may have the filter in its way any more. */
    @Override
    public void close() {
        drain();
        pieces.forEach(piece -> piece.capture.copies().close());
        pieces.clear();
    }

    private FilterException notRecording() {
        FilterException failure = work.failure();
        return failure != null
                ? failure
                : new FilterException(
                        FilterException.Code.NOT_RECORDING,
                        "disk " + disk + ": recording has ended; enable protection first");
    }
}
