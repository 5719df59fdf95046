// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.disk.posix.Errno;
import io.tidemark.filters.intent.HeldRequests;
import io.tidemark.filters.intent.Intent;
import io.tidemark.filters.range.RangeLock;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/** A loop's piece of {@link Capture}: takes the range, waits for the intent map, copies once, passes on, publishes, lets go of the range. */
final class LoopCapture implements BlockDevice, Completion, RangeLock.Granted, FlushWaits.Waiter {
    // In place of an entry of the copy ring: no copy is needed, the change is not captured, guest memory is gone.
    private static final int NO_COPY = -2;
    private static final int NOT_CAPTURED = -3;
    private static final int UNREADABLE = -4;

    private final BlockDevice below;
    private final RangeLock.Lane lane;
    private final CaptureRing ring;
    private final LossSignal losses;
    private final WriteClock clock;
    private final CopyRing copies;
    private final InFlight inFlight;
    private final Loop loop;

    /** By request, what lets a flush go on that waits for the log; none where flushes don't wait. */
    private final Runnable[] goOn;

    private final Intent intent;
    private final HeldRequests held;
    private final LoopCounters counters = new LoopCounters();
    private final Completion onFlushed = this::flushed;

    private final Request[] waiting;
    private final int[] entries;
    private final long[] reached;
    private boolean capturing = true;
    private BlockSet dirty = new BlockSet(Capture.DIRTY_BLOCK);

    LoopCapture(
            Loop loop,
            BlockDevice below,
            RangeLock ranges,
            CaptureRing ring,
            LossSignal losses,
            WriteClock clock,
            CopyRing copies,
            Intent intent,
            Durability durability) {
        this.below = below;
        this.lane = ranges.lane(loop, this);
        this.ring = ring;
        this.losses = losses;
        this.clock = clock;
        this.copies = copies;
        this.inFlight = new InFlight(loop.requests());
        this.loop = loop;
        this.goOn = new Runnable[durability == Durability.FLUSH ? loop.requests() : 0];
        Arrays.setAll(goOn, id -> () -> completeFlush(id));
        this.intent = intent;
        this.held = new HeldRequests(loop.requests());
        intent.join(loop, this::passHeld);
        this.waiting = new Request[loop.requests()];
        this.entries = new int[loop.requests()];
        this.reached = new long[loop.requests()];
    }

    @Override
    public void submit(Request request) {
        switch (request.kind()) {
            case READ -> below.submit(request);
            case FLUSH -> flush(request);
            case WRITE, WRITE_ZEROES, DISCARD -> change(request);
        }
    }

    private void change(Request request) {
        if (request.length() == 0) {
            below.submit(request);
            return;
        }
        waiting[request.id()] = request;
        if (lane.acquire(request.id(), request.offset(), request.length())) {
            granted(request.id());
        }
    }

    @Override
    public void granted(int requestId) {
        Request request = waiting[requestId];
        if (intent.covers(request.offset(), request.end())) {
            pass(request);
        } else {
            held.add(requestId);
            intent.want(request.offset(), request.end());
        }
    }

    /** More is covered by the map. */
    private void passHeld() {
        for (int left = held.count(); left > 0; left--) {
            granted(held.remove());
        }
    }

    private void pass(Request request) {
        int requestId = request.id();
        waiting[requestId] = null;
        int entry = prepare(request);
        if (entry == UNREADABLE) {
            lane.release(requestId);
            request.complete(-Errno.EFAULT);
            return;
        }
        entries[requestId] = entry;
        inFlight.begin(requestId);
        request.onCompletion(this);
        below.submit(request);
    }

    /** Puts a copy in place of the guest's buffers, unless there is none to be had or needed. */
    private int prepare(Request request) {
        if (!isCapturing()) {
            missed(request);
            return NOT_CAPTURED;
        }
        if (request.kind() != Request.Kind.WRITE) {
            return NO_COPY;
        }
        int entry = copies.allocate(request.length());
        if (entry == CopyRing.FULL) {
            lose(request, GapReason.OVERLOAD);
            return NOT_CAPTURED;
        }
        long address = copies.address(entry);
        if (!request.data().copyTo(address)) {
            copies.release(entry);
            return UNREADABLE;
        }
        request.data().clear();
        request.data().add(address, request.length());
        return entry;
    }

    @Override
    public void completed(Request request, int status) {
        int id = request.id();
        int entry = entries[id];
        if (entry != NOT_CAPTURED) {
            record(request, entry, status);
        }
        inFlight.end(id);
        // After the publication: an overlapping change that waits for the range is behind this one in the ring.
        lane.release(id);
        request.complete(status);
    }

    private void record(Request request, int entry, int status) {
        boolean published = false;
        if (status == 0 && !request.withoutEffect()) {
            published = ring.publishChange(
                    kindOf(request), clock.micros(), request.offset(), request.length(), copies, entry);
            if (published) {
                count(request);
            } else {
                lose(request, GapReason.OVERLOAD);
            }
        } else if (status != 0 && !isRefusedHint(request, status)) {
            lose(request, GapReason.WRITE_ERROR);
        }
        if (!published && entry != NO_COPY) {
            copies.release(entry);
        }
    }

    private static CaptureEvent.Kind kindOf(Request request) {
        return switch (request.kind()) {
            case WRITE -> CaptureEvent.Kind.WRITE;
            case WRITE_ZEROES -> CaptureEvent.Kind.ZERO;
            default -> CaptureEvent.Kind.DISCARD;
        };
    }

    /** What an image doesn't support it hasn't begun. */
    private static boolean isRefusedHint(Request request, int status) {
        return status == -Errno.EOPNOTSUPP && request.kind() != Request.Kind.WRITE;
    }

    private void count(Request request) {
        LoopCounters.add(counters.changes, 1);
        if (request.kind() == Request.Kind.WRITE) {
            LoopCounters.add(counters.copiedBytes, request.length());
        }
    }

    private void flush(Request request) {
        // A flush that finds no place in the ring is not noted: that is no loss of content.
        if (isCapturing()) {
            if (ring.publishFlush(CaptureEvent.Kind.FLUSH_SUBMITTED, clock.micros(), reached, request.id(), null)) {
                request.onCompletion(onFlushed);
            } else {
                doesNotWait();
            }
        }
        below.submit(request);
    }

    private void flushed(Request request, int status) {
        if (status != 0) {
            request.complete(status);
            return;
        }
        boolean waits = goOn.length > 0 && isCapturing();
        if (waits) {
            waiting[request.id()] = request;
        }
        boolean published = ring.publishFlush(
                CaptureEvent.Kind.FLUSH_COMPLETED, clock.micros(), reached, request.id(), waits ? this : null);
        if (published && waits) {
            return;
        }
        waiting[request.id()] = null;
        if (waits) {
            doesNotWait();
        }
        request.complete(0);
    }

    /** A flush can't wait for what the history doesn't hear of: where flushes wait, it must not look as if it had. */
    private void doesNotWait() {
        if (goOn.length > 0 && losses.raise(GapReason.OVERLOAD, clock.micros(), ring.cursor())) {
            ring.wakeUp().signalAllWhenBlocking();
        }
    }

    /** From the capture thread: the flush waits no more. */
    @Override
    public void waitsNoMore(int requestId) {
        try {
            loop.execute(goOn[requestId]);
        } catch (RejectedExecutionException e) {
            // The loop has ended, and its requests with it.
        }
    }

    private void completeFlush(int requestId) {
        Request request = waiting[requestId];
        waiting[requestId] = null;
        request.complete(0);
    }

    private boolean isCapturing() {
        if (capturing && losses.current() != null) {
            capturing = false;
        }
        return capturing;
    }

    private void lose(Request request, GapReason reason) {
        missed(request);
        capturing = false;
        if (losses.raise(reason, clock.micros(), ring.cursor())) {
            ring.wakeUp().signalAllWhenBlocking();
        }
    }

    private void missed(Request request) {
        dirty.add(request.offset(), request.length());
        LoopCounters.add(counters.lostChanges, 1);
    }

    /** Captures again from here; answers with what was missed when the last uncaptured change has completed. */
    void resume(CompletableFuture<BlockSet> answer) {
        BlockSet missed = dirty;
        dirty = new BlockSet(Capture.DIRTY_BLOCK);
        capturing = true;
        CompletableFuture<Void> settled = new CompletableFuture<>();
        settled.thenRun(() -> answer.complete(missed));
        inFlight.whenSettled(settled);
    }

    /** Answers when every change that is under way now has completed and, if captured, is in the ring. */
    void settle(CompletableFuture<Void> answer) {
        inFlight.whenSettled(answer);
    }

    LoopCounters counters() {
        return counters;
    }

    CopyRing copies() {
        return copies;
    }
}
