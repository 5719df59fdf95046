// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.restore.NotePlace;
import io.tidemark.cdp.restore.RestoreNote;
import io.tidemark.disk.Extent;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.filters.protect.Protection;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a protected disk back to a point while no guest uses it: the thread {@code DISK-restore}. What it writes goes through
 * the disk's filters, so the history has it, and it can be undone like anything else.
 *
 * <p>What may differ is known from the history. First all of that is read and checked, then what really differs is written. From
 * before the first write to behind the last, a note beside the image says that the disk is restored in part.
 */
final class InPlaceRestore {
    private static final Logger LOG = LoggerFactory.getLogger(InPlaceRestore.class);

    private static final int PIECE = 256 << 10;
    private static final int GRANULE = 4096;

    /** How much is written before the history must have taken it, so that its buffers never overflow. */
    private static final long PORTION = 8 << 20;

    /** Between two looks at whether the agent ends. */
    private static final Duration TICK = Duration.ofMillis(100);

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /**
     * The disk that is brought back.
     *
     * @param writes how to wait for one
     * @param history opens the history for reading, as it is now
     * @param place where the note of its image lies
     */
    record Ground(
            String disk,
            Protection protection,
            SideLoop loop,
            Writes writes,
            Supplier<HistoryReader> history,
            NotePlace place) {}

    /** The writes of a history. */
    interface Writes {
        /** @return whether the write is durably in the store in time @throws RuntimeException if it may never be */
        boolean awaitDurable(long number, Duration limit) throws InterruptedException;
    }

    private final Ground ground;
    private final String asked;
    private final Point point;
    private final State goal;
    private final Optional<RestoreNote> unfinished;
    private final RestoreMarks marks;
    private final MemorySegment past = NativeMemory.anonymous(PIECE);
    private final MemorySegment present = NativeMemory.anonymous(PIECE);
    private volatile boolean stopped;
    private Optional<RestoreNote> left;
    private long done;
    private long total;
    private long written;
    private long sincePortion;
    private volatile RestoreStatus status;

    /**
     * @param goal what the point led to
     * @param unfinished what an earlier restore has left in part
     */
    InPlaceRestore(Ground ground, String asked, Point point, State goal, Optional<RestoreNote> unfinished) {
        this.ground = ground;
        this.asked = asked;
        // What is the newest now will not be when marks and writes are behind it.
        this.point = point instanceof Point.Latest ? new Point.WriteNumber(goal.number()) : point;
        this.goal = goal;
        this.unfinished = unfinished;
        this.left = unfinished;
        this.marks = RestoreMarks.now(goal);
        tell(RestoreStatus.State.RUNNING, null);
    }

    RestoreStatus status() {
        return status;
    }

    private void tell(RestoreStatus.State state, String error) {
        status = new RestoreStatus(
                ground.disk,
                state,
                asked,
                goal.number(),
                Micros.instant(goal.time()),
                undo(),
                done,
                total,
                written,
                error);
    }

    /** Of a disk that was restored in part before, the state before all of that. */
    private String undo() {
        return unfinished.map(note -> note.goal().undo()).orElse(marks.before());
    }

    /** Ends it soon; it is unfinished then. */
    void stop() {
        stopped = true;
    }

    /** @return the note that says that the disk is restored in part, if it is */
    Optional<RestoreNote> run() {
        try {
            LOG.info("disk {}: is being restored to write {} ({})", ground.disk, goal.number(), asked);
            if (unfinished.isEmpty()) {
                answer(ground.protection.mark(marks.before()));
            }
            RestoreNote note = restore();
            ground.loop.flush();
            // Behind all that was written: durable when that is.
            await("the mark behind it", answer(ground.protection.mark(marks.after()))::awaitDurable);
            note.remove();
            tell(RestoreStatus.State.DONE, null);
            LOG.info(
                    "disk {}: is as it was after write {}; {} bytes differed; undo by restoring mark \"{}\"",
                    ground.disk,
                    goal.number(),
                    written,
                    undo());
            return Optional.empty();
        } catch (RuntimeException | Error e) { // whatever it was, no guest may get a disk that is restored in part
            return failed(e);
        } finally {
            NativeMemory.unmap(past);
            NativeMemory.unmap(present);
        }
    }

    private Optional<RestoreNote> failed(Throwable e) {
        String why = e.getMessage() == null ? e.toString() : e.getMessage();
        boolean partly = left.isPresent();
        String remedy = partly
                ? "; the disk is restored in part: restore it again to go on, or to \"mark:" + undo() + "\" to undo it"
                : "; nothing was changed";
        LOG.error("disk {}: can't be restored: {}{}", ground.disk, why, remedy);
        tell(partly ? RestoreStatus.State.UNFINISHED : RestoreStatus.State.FAILED, why + remedy);
        return left;
    }

    private RestoreNote restore() {
        State now = recordedState();
        try (HistoryReader reader = ground.history.get()) {
            State to = reader.resolve(point);
            State from = reader.resolve(new Point.WriteNumber(now.number()));
            boolean compared = !reader.tellsChanges(from, to);
            reader.changed(from, to, compared, extent -> total += 2 * extent.length());
            try (PastView view = reader.view(to)) {
                reader.changed(from, to, compared, extent -> check(view, extent));
                RestoreNote note = RestoreNote.begin(
                        ground.place,
                        new RestoreNote.Goal(
                                reader.history().id(),
                                goal.number(),
                                goal.time(),
                                reader.history().capacity(),
                                asked,
                                undo()));
                left = Optional.of(note);
                reader.changed(from, to, compared, extent -> bringBack(view, extent));
                return note;
            }
        }
    }

    /**
     * What is on the disk now, as the history has it. A write that changes nothing makes a number, and when that is durable, the
     * mark before it is.
     */
    private State recordedState() {
        MemorySegment sector = present.asSlice(0, 512);
        ground.loop.read(0, sector);
        ground.loop.write(0, sector);
        long number = answer(ground.protection.position());
        await("write " + number, limit -> ground.writes.awaitDurable(number, limit));
        return new State(number, 0, 0);
    }

    private interface Arrival {
        boolean isThereWithin(Duration limit) throws InterruptedException;
    }

    private void await(String what, Arrival arrival) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (!arrival.isThereWithin(TICK)) {
                goOnOrStop();
                if (System.nanoTime() - deadline > 0) {
                    throw new AgentException(
                            Code.IO,
                            "disk " + ground.disk,
                            "its history does not become durable (" + what + ")",
                            "look for the store's trouble with tidemark status");
                }
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private <T> T answer(CompletableFuture<T> awaited) {
        while (true) {
            goOnOrStop();
            try {
                return awaited.get(TICK.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // A store that hangs keeps the log from answering; the agent may end meanwhile.
            } catch (ExecutionException e) {
                throw VhostDisk.translated(e.getCause());
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private AgentException interrupted(InterruptedException e) {
        return new AgentException(Code.IO, "disk " + ground.disk + ": its restore was interrupted", e);
    }

    private void goOnOrStop() {
        if (stopped) {
            throw new AgentException(Code.IO, "disk " + ground.disk, "the agent ends", "start it again");
        }
    }

    /** Content that is damaged in the store must be found before anything is changed. */
    private void check(PastView view, Extent extent) {
        pieces(extent, (offset, length) -> {
            if (extent.isData()) {
                view.read(offset, past.asSlice(0, length));
            }
        });
    }

    private void bringBack(PastView view, Extent extent) {
        pieces(extent, (offset, length) -> {
            if (extent.isData()) {
                view.read(offset, past.asSlice(0, length));
            } else {
                past.asSlice(0, length).fill((byte) 0);
            }
            ground.loop.read(offset, present.asSlice(0, length));
            for (long from = differing(0, length, true); from < length; ) {
                long to = differing(from, length, false);
                if (extent.isData()) {
                    ground.loop.write(offset + from, past.asSlice(from, to - from));
                } else {
                    ground.loop.zero(offset + from, to - from);
                }
                account(to - from);
                from = differing(to, length, true);
            }
        });
    }

    private interface Piece {
        void handle(long offset, long length);
    }

    private void pieces(Extent extent, Piece piece) {
        for (long at = extent.offset(); at < extent.end(); at += PIECE) {
            goOnOrStop();
            long length = Math.min(PIECE, extent.end() - at);
            piece.handle(at, length);
            done += length;
            tell(RestoreStatus.State.RUNNING, null);
        }
    }

    /** The first granule from {@code from} on that differs, or doesn't; {@code length} if there is none. */
    private long differing(long from, long length, boolean wanted) {
        for (long at = from; at < length; at += GRANULE) {
            long end = Math.min(at + GRANULE, length);
            if (MemorySegment.mismatch(past, at, end, present, at, end) >= 0 == wanted) {
                return at;
            }
        }
        return length;
    }

    private void account(long bytes) {
        written += bytes;
        sincePortion += bytes;
        if (sincePortion >= PORTION) {
            sincePortion = 0;
            answer(ground.protection.position());
        }
    }
}
