// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.filters.FilterException;
import io.tidemark.filters.capture.Capture;
import io.tidemark.filters.capture.Mark;
import io.tidemark.filters.capture.WriteClock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one disk protected: puts capture before its image, reads what the history misses, heals what was lost, and tries
 * again when the history failed. The states are those of docs/architecture.md; the thread {@code DISK-protect} is the only one
 * to change them. The methods may be called from any thread but a loop's.
 */
public final class Protection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Protection.class);

    /** How long {@link #close()} lets the thread wait for an answer of the loops. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** How long the end of protection waits for a store that has no room for what was captured. */
    private static final Duration STORE_PATIENCE = Duration.ofSeconds(5);

    private final String disk;
    private final WriteClock clock;
    private final MapCare care;
    private final LogWait log;
    private final Standing standing = new Standing();
    private final Recordings recordings;
    private final BlockingQueue<Command> commands = new LinkedBlockingQueue<>();
    private final ProtectionThread machine;
    private final Thread thread;

    /**
     * Starts the thread; nothing is recorded before {@link #enable()}.
     *
     * @param disk the disk's id, for thread names and messages
     * @param history opens the disk's history for writing; called on the protection thread, again after each failure;
     *     throws if it can't be opened
     */
    public Protection(
            String disk,
            FilterSwitch loops,
            DiskReader reader,
            Supplier<OpenLog> history,
            WriteClock clock,
            ProtectionLimits limits) {
        this(disk, loops, reader, history, clock, limits, Optional.empty());
    }

    /** @param intent where the disk's intent map lies; without one each beginning compares the whole disk */
    public Protection(
            String disk,
            FilterSwitch loops,
            DiskReader reader,
            Supplier<OpenLog> history,
            WriteClock clock,
            ProtectionLimits limits,
            Optional<OpenIntent> intent) {
        this.disk = disk;
        this.care = new MapCare(disk, intent, reader, limits.intentRound());
        this.log = new LogWait(care::watch);
        this.clock = clock;
        this.recordings = new Recordings(disk, loops, reader, clock, limits, care, log, commands::add, standing::error);
        this.machine =
                new ProtectionThread(disk, loops, reader, history, limits, care, log, standing, recordings, commands);
        this.thread = Thread.ofPlatform().daemon().name(disk + "-protect").start(machine);
    }

    /**
     * Begins to protect the disk, or goes on after a pause. Answered when changes are captured; fails if the first attempt
     * does (others follow).
     */
    public CompletableFuture<Void> enable() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        commands.add(new Command.Enable(done));
        return done;
    }

    /** Ends protection, with a gap in the history. Answered when nothing is captured any more. */
    public CompletableFuture<Void> disable() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        endUrgently(new Command.Disable(done), done);
        return done;
    }

    /**
     * Ends the history as {@link #disable} does, but only for it to be begun anew, of a disk that may be larger then: where it is changed
     * meanwhile is noted, so that {@link #enable()} has that to read, what the intent map names, and what was added.
     */
    public CompletableFuture<Void> standBy() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        endUrgently(new Command.StandBy(done), done);
        return done;
    }

    private void endUrgently(Command end, CompletableFuture<Void> done) {
        urgent(end);
        CompletableFuture.delayedExecutor(STORE_PATIENCE.toNanos(), TimeUnit.NANOSECONDS)
                .execute(() -> {
                    if (!done.isDone()) {
                        machine.giveUp();
                    }
                });
    }

    /**
     * Records nothing for a while, with a gap in the history; where the disk is changed meanwhile is remembered, so that
     * {@link #enable()} has only that to read. So it is of a disk that was handed to this process, or stands by; one that is off, or whose
     * history can't be written, has to be compared as a whole then. Answered when nothing more is copied for the history, whatever its store does.
     */
    public CompletableFuture<Void> pause() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        urgent(new Command.Pause(done));
        return done;
    }

    private void urgent(Command command) {
        log.want();
        commands.add(command);
    }

    /**
     * The disk was handed to this process; what was changed since is noted, by all loops. So the history is gone on with by what its
     * intent map and the notes name. Before anything is wanted of the protection, which takes the notes out of the way.
     *
     * @param heir the number that the other process was told
     */
    public void inherit(NotedChanges changes, int heir) {
        machine.inherit(changes);
        care.inherit(heir);
    }

    /** The disk is another process's, which has changed it by now: the intent map is left to that one, which knows this number. */
    public void handedOver(int heir) {
        care.handedOver(heir);
    }

    /**
     * Another process may change the disk from now on, or not any more: whether the intent map is to be believed when this one
     * ends.
     *
     * @throws FilterException if another one may not, because the intent map can't be told
     */
    public void shared(boolean withOthers) {
        if (!care.shared(withOthers)) {
            throw new FilterException(
                    FilterException.Code.NO_INTENT,
                    "disk " + disk + ": can't be given away because its intent map can't be written: look after the"
                            + " state folder, then try again");
        }
    }

    /** Names the present state in the history; answers when that is told, which doesn't mean yet that it is durable. */
    public CompletableFuture<Mark> mark(String name) {
        Recording now = recordings.present();
        if (now == null || standing.is(ProtectionState.PAUSED)) {
            return CompletableFuture.failedFuture(new FilterException(
                    FilterException.Code.NOT_RECORDING,
                    "disk " + disk + ": can't set the mark \"" + name + "\" because nothing is recorded ("
                            + standing.state() + "); enable protection first"));
        }
        return now.capture().ask((log, time) -> Mark.set(log, time, name));
    }

    /** What captures the disk's changes, all of which are recorded. */
    Capture recorded() {
        Recording now = recordings.present();
        if (now == null || !standing.is(ProtectionState.PROTECTED)) {
            throw new FilterException(
                    FilterException.Code.NOT_RECORDING,
                    "disk " + disk + ": can't be part of a mark over several disks, for it is not protected ("
                            + standing.state() + "); wait until it is, or leave it out");
        }
        return now.capture();
    }

    WriteClock clock() {
        return clock;
    }

    /** Answers, when all that has completed by now is in the log, with the last write number of it. */
    public CompletableFuture<Long> position() {
        Recording now = recordings.present();
        if (now == null) {
            return CompletableFuture.failedFuture(new FilterException(
                    FilterException.Code.NOT_RECORDING,
                    "disk " + disk + ": nothing is recorded (" + standing.state() + "); enable protection first"));
        }
        return now.capture().position();
    }

    public ProtectionStatus status() {
        return standing.with(
                recordings::captured,
                () -> Optional.ofNullable(recordings.present()).flatMap(Protection::hindrance));
    }

    private static Optional<String> hindrance(Recording now) {
        Duration waiting = now.reader().waiting();
        if (waiting.compareTo(STORE_PATIENCE) >= 0) {
            return Optional.of("the disk can't be compared with its history, for the store has not answered for "
                    + waiting.toSeconds() + " s: look after the store; the guest goes on");
        }
        return now.capture().isSuspended() ? Optional.of(Recordings.SLOW) : Optional.empty();
    }

    /**
     * How long ago the oldest change was made that the history doesn't have durably, in microseconds; 0 if there is none.
     *
     * @param durable the last write number that it has so
     */
    public long lagMicros(long durable) {
        Recording now = recordings.present();
        return now == null ? 0 : now.capture().ageBehind(durable);
    }

    /**
     * Takes capture out of the way, hands on all that was captured, ends the history in order, and ends the thread. Waits for
     * all of that, but not for loops that don't answer any more, nor for a store that doesn't: then the thread is left behind.
     */
    @Override
    public void close() {
        urgent(new Command.Close());
        try {
            boolean ended = thread.join(STORE_PATIENCE);
            if (!ended) {
                machine.giveUp();
                ended = thread.join(PATIENCE);
            }
            for (int i = 0; !ended && i < 2; i++) {
                thread.interrupt(); // gives up the one answer that it waits for
                ended = thread.join(PATIENCE);
            }
            if (!ended) {
                LOG.error("disk {}: its store does not answer; the end of its history is left behind", disk);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
