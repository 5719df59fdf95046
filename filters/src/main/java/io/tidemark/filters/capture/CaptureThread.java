// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import com.lmax.disruptor.EventPoller;
import io.tidemark.disk.change.ChangeLog;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.disk.posix.ThreadPriority;
import io.tidemark.filters.FilterException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Hands a disk's changes to its log in the order of the ring, and gives the copies back.
 *
 * <p>A log that throws is not called again: from then on copies are given back and events dropped, so that the loops never
 * notice more than a loss.
 */
final class CaptureThread implements Runnable {
    /** Events after which the producers are told how far we are. */
    private static final int BATCH = 64;

    /** How often is looked whether the log is durable by now, in nanoseconds, while a flush waits. */
    private static final long FLUSH_LOOK = 100_000;

    private final String disk;
    private final CaptureRing ring;
    private final ChangeLog log;
    private final LossSignal losses;
    private final CaptureListener listener;
    private final WriteClock clock;
    private final Idle idle;
    private final EventPoller.Handler<CaptureEvent> handler = this::onEvent;
    private final AtomicLong position = new AtomicLong();
    private final AtomicLong handledBytes = new AtomicLong();
    private final FlushWaits flushes = new FlushWaits();
    private final Durability durability;
    private boolean commitWanted;
    private final WriteTimes times = new WriteTimes();

    private volatile boolean stopping;
    private volatile FilterException failure;
    private Loss noticed;
    private boolean gapOpen;
    private long lastTime;

    /** A cut that the log will come to; null for none. */
    private CutPlace coming;

    CaptureThread(
            String disk,
            CaptureRing ring,
            ChangeLog log,
            LossSignal losses,
            CaptureListener listener,
            WriteClock clock,
            Durability durability) {
        this.disk = disk;
        this.ring = ring;
        this.log = log;
        this.losses = losses;
        this.listener = listener;
        this.clock = clock;
        this.durability = durability;
        this.position.setOpaque(log.position());
        this.idle = new Idle(ring.wakeUp(), this::hasWork, this::pause);
    }

    @Override
    public void run() {
        ThreadPriority.standBack();
        while (true) {
            switch (poll()) {
                case PROCESSING -> {
                    idle.reset();
                    tendFlushes();
                }
                case GATING -> Thread.yield(); // claimed, about to be published
                case IDLE -> {
                    noticeLoss(ring.handled());
                    tendFlushes();
                    if (stopping && ring.isDrained()) {
                        flushes.release();
                        refuseCut();
                        return;
                    }
                    if (flushes.isEmpty()) {
                        idle.rest();
                    } else {
                        LockSupport.parkNanos(this, FLUSH_LOOK);
                    }
                }
            }
        }
    }

    /** Everything is recorded from here on: a guest's flush waits for the store. By a task of this thread. */
    void promise() {
        gapOpen = false;
        if (durability == Durability.FLUSH) {
            flushes.promise();
        }
    }

    /** The log is to come to this cut before anything that lies behind it. By a task of this thread. */
    void expect(CutPlace place) {
        coming = place;
    }

    private void standAtCut() {
        CutPlace place = coming;
        coming = null;
        if (failure != null) {
            place.refuse(failure);
        } else if (gapOpen || losses.current() != null) {
            // A loss that is raised after this look opens its gap behind the mark.
            place.refuse(notWhole());
        } else {
            try {
                place.stand(log, this::tendFlushes);
            } catch (RuntimeException | Error e) {
                fail(e);
            }
        }
    }

    private void refuseCut() {
        if (coming != null) {
            coming.refuse(new FilterException(
                    FilterException.Code.NOT_RECORDING,
                    "disk " + disk + ": recording has ended: no history has got the mark; enable protection first"));
        }
    }

    private FilterException notWhole() {
        return new FilterException(
                FilterException.Code.NOT_RECORDING,
                "disk " + disk
                        + ": a gap has begun in its history, where no mark can be set; wait until it is protected again");
    }

    /** Whether flushes would wait, but the store has kept them too long. */
    boolean isSuspended() {
        return flushes.isSuspended();
    }

    /** All flushes that came meanwhile share a commit. */
    private void tendFlushes() {
        if (durability != Durability.FLUSH || failure != null) {
            return;
        }
        try {
            if (commitWanted) {
                commitWanted = false;
                log.commit();
            }
            flushes.caughtUp(log.durable());
            if (flushes.look(log.durable(), log.position(), System.nanoTime())) {
                listener.slow();
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    /** Ends the thread when the ring is drained. From any thread. */
    void stop() {
        stopping = true;
        ring.wakeUp().signalAllWhenBlocking();
    }

    /** Why the log is not called any more, or null. */
    FilterException failure() {
        return failure;
    }

    long position() {
        return position.getOpaque();
    }

    /** When the first change behind this number was stamped, or shortly before; -1 if there is none. */
    long timeBehind(long number) {
        return times.timeBehind(number, position());
    }

    long handledBytes() {
        return handledBytes.getOpaque();
    }

    private EventPoller.PollState poll() {
        try {
            return ring.poll(handler);
        } catch (Exception e) {
            throw new AssertionError("the handler throws nothing", e);
        }
    }

    private boolean onEvent(CaptureEvent event, long sequence, boolean endOfBatch) {
        // After the event was read: a loss that caused it, however indirectly, is seen here.
        noticeLoss(sequence - 1);
        long time = Math.max(lastTime, event.time);
        if (coming != null && coming.isBefore(time)) {
            standAtCut();
        }
        lastTime = time;
        if (failure == null) {
            try {
                handOn(event);
            } catch (RuntimeException | Error e) {
                fail(e);
            }
        }
        clear(event);
        return sequence % BATCH != 0;
    }

    private void handOn(CaptureEvent event) {
        if (event.kind.ordinal() <= CaptureEvent.Kind.DISCARD.ordinal()) {
            times.note(position.getPlain() + 1, lastTime);
        }
        switch (event.kind) {
            case WRITE -> log.write(lastTime, event.offset, event.copies.bytes(event.entry));
            case ZERO -> log.zero(lastTime, event.offset, event.length);
            case DISCARD -> log.discard(lastTime, event.offset, event.length);
            case FLUSH_SUBMITTED -> {
                event.reached[event.entry] = log.position();
                flushes.caughtUp(log.durable());
                commitWanted |= flushes.isPromised();
            }
            case FLUSH_COMPLETED -> {
                long covered = event.reached[event.entry];
                log.flush(lastTime, covered);
                if (event.waiter != null) {
                    FlushWaits.Waiter waiter = event.waiter;
                    event.waiter = null;
                    flushes.add(waiter, event.entry, covered, System.nanoTime());
                }
            }
            case TASK -> {
                LogTask task = event.task;
                event.task = null; // it was called, even if it throws
                task.run(log, lastTime);
            }
        }
        position.setOpaque(log.position());
    }

    private void clear(CaptureEvent event) {
        if (event.kind == CaptureEvent.Kind.WRITE) {
            event.copies.release(event.entry);
            handledBytes.setOpaque(handledBytes.getPlain() + event.length);
        } else if (event.waiter != null) { // the log has failed
            FlushWaits.Waiter waiter = event.waiter;
            event.waiter = null;
            waiter.waitsNoMore(event.entry);
        } else if (event.task != null) {
            LogTask task = event.task;
            event.task = null;
            task.dropped(failure);
        }
    }

    private void noticeLoss(long handled) {
        Loss loss = losses.current();
        if (loss == noticed || (loss != null && handled < loss.after())) {
            return;
        }
        noticed = loss;
        if (loss == null || failure != null) {
            return;
        }
        gapOpen = true;
        flushes.release();
        try {
            lastTime = Math.max(lastTime, loss.time());
            // Behind a loss only what was missed is read.
            log.gapBegin(lastTime, loss.reason(), false);
            idle.reset(); // it may have come in the deepest rest, and nothing else may come: the log has to pass it on
            listener.lost(loss);
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private void pause() {
        if (failure == null) {
            try {
                log.pause();
            } catch (RuntimeException | Error e) {
                fail(e);
            }
        }
    }

    private void fail(Throwable cause) {
        failure = new FilterException(
                FilterException.Code.LOG_FAILED,
                "disk " + disk + ": its history can't be written (" + cause
                        + "): the disk goes on unprotected; look after the store, protection then starts again by itself",
                cause);
        flushes.release();
        losses.raise(GapReason.STORE_ERROR, clock.micros(), ring.cursor());
        noticed = losses.current();
        listener.failed(failure);
    }

    private boolean hasWork() {
        return stopping || !ring.isDrained() || losses.current() != noticed;
    }
}
