// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.disk.Filter;
import io.tidemark.disk.change.ChangeLog;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.disk.posix.ThreadPriority;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.capture.Capture;
import io.tidemark.filters.capture.CaptureListener;
import io.tidemark.filters.capture.CaptureStatistics;
import io.tidemark.filters.capture.Loss;
import io.tidemark.filters.capture.Mark;
import io.tidemark.filters.capture.WriteClock;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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

    /** Between two looks at whether a store keeps up, and at whether one that doesn't has caused a loss. */
    private static final Duration LOOK = Duration.ofMillis(20);

    /** Protected for so many times the last pause, a disk is thought to be one that can be followed. */
    private static final int LONG = 20;

    private static final Duration SELDOM = Duration.ofSeconds(1);

    private static final String SLOW =
            "a guest's flush has waited too long for the store: flushes don't wait until it has caught up; look after the store";

    private final String disk;
    private final FilterSwitch loops;
    private final DiskReader reader;
    private final Supplier<OpenLog> history;
    private final WriteClock clock;
    private final ProtectionLimits limits;
    private final MapCare care;
    private final LogWait log;
    private final BlockingQueue<Command> commands = new LinkedBlockingQueue<>();
    private final Thread thread;

    /** Under this lock: what recordings before the present one have captured; the present one, when it becomes one of them. */
    private final Object counts = new Object();

    private CaptureStatistics before = CaptureStatistics.NONE;

    /** What stands in the loops' way until a recording begins; null if nothing does. Written before anything is wanted. */
    private NotedChanges noted;

    // The protection thread's own.
    /** What the intent map doesn't name yet, though it was changed; null if there is nothing. */
    private BlockSet unnamed;

    private SyncBuffers buffers;
    private Loss loss;
    private GapReason nextReason;
    private Duration backoff;
    private long recordings;
    private long dueNanos;
    private long careDue;
    private long protectedSince;
    private boolean closing;

    // Written by the protection thread, read by anyone who asks for the status.
    private volatile ProtectionState state = ProtectionState.OFF;
    private volatile Instant since = Clock.systemUTC().instant();
    private volatile Recording recording;
    private volatile Delivery delivery = Delivery.AT_ONCE;
    private volatile GapReason gap;
    private volatile String error;
    private volatile long losses;
    private volatile long dirtyBytes;
    private volatile long syncBytes;
    private volatile long remainingBytes;

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
        this.loops = loops;
        this.reader = reader;
        this.history = history;
        this.clock = clock;
        this.limits = limits;
        this.backoff = limits.firstBackoff();
        this.thread = Thread.ofPlatform().daemon().name(disk + "-protect").start(this::run);
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
                        delivery.giveUp();
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
        noted = changes;
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
        Recording now = recording;
        if (now == null || state == ProtectionState.PAUSED) {
            return CompletableFuture.failedFuture(new FilterException(
                    FilterException.Code.NOT_RECORDING,
                    "disk " + disk + ": can't set the mark \"" + name + "\" because nothing is recorded (" + state
                            + "); enable protection first"));
        }
        return now.capture().ask((log, time) -> Mark.set(log, time, name));
    }

    /** What captures the disk's changes, all of which are recorded. */
    Capture recorded() {
        Recording now = recording;
        if (now == null || state != ProtectionState.PROTECTED) {
            throw new FilterException(
                    FilterException.Code.NOT_RECORDING,
                    "disk " + disk + ": can't be part of a mark over several disks, for it is not protected (" + state
                            + "); wait until it is, or leave it out");
        }
        return now.capture();
    }

    WriteClock clock() {
        return clock;
    }

    /** Answers, when all that has completed by now is in the log, with the last write number of it. */
    public CompletableFuture<Long> position() {
        Recording now = recording;
        if (now == null) {
            return CompletableFuture.failedFuture(new FilterException(
                    FilterException.Code.NOT_RECORDING,
                    "disk " + disk + ": nothing is recorded (" + state + "); enable protection first"));
        }
        return now.capture().position();
    }

    public ProtectionStatus status() {
        long all = syncBytes;
        return new ProtectionStatus(
                state,
                since,
                Optional.ofNullable(gap),
                captured(),
                dirtyBytes,
                all - remainingBytes,
                all,
                losses,
                trouble());
    }

    private Optional<String> trouble() {
        Recording now = recording;
        return Optional.ofNullable(error).or(() -> Optional.ofNullable(now).flatMap(Protection::hindrance));
    }

    private static Optional<String> hindrance(Recording now) {
        Duration waiting = now.reader().waiting();
        if (waiting.compareTo(STORE_PATIENCE) >= 0) {
            return Optional.of("the disk can't be compared with its history, for the store has not answered for "
                    + waiting.toSeconds() + " s: look after the store; the guest goes on");
        }
        return now.capture().isSuspended() ? Optional.of(SLOW) : Optional.empty();
    }

    /**
     * How long ago the oldest change was made that the history doesn't have durably, in microseconds; 0 if there is none.
     *
     * @param durable the last write number that it has so
     */
    public long lagMicros(long durable) {
        Recording now = recording;
        return now == null ? 0 : now.capture().ageBehind(durable);
    }

    private CaptureStatistics captured() {
        synchronized (counts) {
            Recording now = recording;
            return before.and(
                    now == null ? CaptureStatistics.NONE : now.capture().statistics());
        }
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
                delivery.giveUp();
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

    private void run() {
        ThreadPriority.standBack();
        while (!closing) {
            try {
                turn();
            } catch (RuntimeException | Error e) {
                fail(e);
            } catch (InterruptedException e) { // somebody wants the thread, or close() has lost patience
                closing = !log.isWanted();
            }
        }
        end();
        answerRest();
    }

    /** One turn of the state machine. */
    private void turn() throws InterruptedException {
        care.watch();
        switch (state) {
            case OFF -> obey(commands.take());
            case PAUSED -> obeyAnyFor(SELDOM);
            case PROTECTED -> obeyFor(untilCare(), this::tend);
            case SYNCING -> {
                if (delivery.isFlowing() && delivery.isCaughtUp()) {
                    obeyFor(Duration.ZERO, this::sync);
                } else {
                    obeyFor(LOOK, () -> {});
                }
            }
            case DEGRADED -> obeyUntilDue(this::heal);
            case FAILED -> obeyUntilDue(this::begin);
        }
    }

    private interface Step {
        void run() throws InterruptedException;
    }

    private void obeyAnyFor(Duration wait) throws InterruptedException {
        Command command = commands.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
        if (command != null) {
            obey(command);
        }
    }

    /** As the store may keep the capture thread waiting, that a loss has happened is looked for here too. */
    private void obeyFor(Duration wait, Step otherwise) throws InterruptedException {
        Command command = commands.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
        if (command != null) {
            obey(command);
            return;
        }
        Optional<Loss> happened = recording.capture().loss();
        if (happened.isPresent()) {
            degrade(happened.get());
        } else {
            otherwise.run();
        }
    }

    private void obeyUntilDue(Step then) throws InterruptedException {
        Command command = commands.poll(dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (command != null) {
            obey(command);
        } else {
            then.run();
        }
    }

    private void obey(Command command) throws InterruptedException {
        switch (command) {
            case Command.Enable enable -> enable(enable.done());
            case Command.Disable disable -> {
                log.obeyed();
                disable(disable.done());
            }
            case Command.StandBy standBy -> {
                log.obeyed();
                standBy(standBy.done());
            }
            case Command.Pause pause -> {
                log.obeyed();
                pause(pause.done());
            }
            case Command.Lost lost when isNews(lost) -> degrade(lost.loss());
            case Command.Failed failed when isCurrent(failed.recording()) -> fail(failed.cause());
            case Command.IntentLost lost when isCurrent(lost.recording()) -> intentLost(lost);
            case Command.Lost stale -> {}
            case Command.IntentLost stale -> {}
            case Command.Failed stale -> {}
            case Command.Close close -> {
                log.obeyed();
                closing = true;
            }
        }
    }

    private boolean isNews(Command.Lost lost) {
        return isCurrent(lost.recording())
                && state != ProtectionState.PAUSED
                && recording.capture().isInForce(lost.loss());
    }

    private boolean isCurrent(long number) {
        return recording != null && number == recordings;
    }

    private void enable(CompletableFuture<Void> done) throws InterruptedException {
        if (state != ProtectionState.SYNCING && state != ProtectionState.PROTECTED) {
            try {
                if (recording == null) {
                    begin();
                } else if (state == ProtectionState.PAUSED) {
                    heal();
                }
            } catch (RuntimeException | Error e) {
                fail(e);
                done.completeExceptionally(e);
                return;
            } catch (InterruptedException e) {
                done.completeExceptionally(new FilterException(
                        FilterException.Code.NOT_RECORDING,
                        "disk " + disk + ": protection was told something else meanwhile; see its status"));
                throw e;
            }
        }
        done.complete(null);
    }

    private void disable(CompletableFuture<Void> done) throws InterruptedException {
        if (recording != null) {
            // The guest goes free at once; the log opens the gap when it comes to it.
            recording.capture().lose(GapReason.DISABLED);
            gap = GapReason.DISABLED;
        }
        error = null;
        become(ProtectionState.OFF);
        end();
        nextReason = null;
        done.complete(null);
    }

    /** Any state → OFF; what is a recording now will be gone on with. */
    private void standBy(CompletableFuture<Void> done) throws InterruptedException {
        Recording now = recording;
        if (now != null) {
            now.capture().lose(GapReason.DISABLED);
            gap = GapReason.DISABLED;
        }
        error = null;
        become(ProtectionState.OFF);
        if (now != null) {
            NotedChanges notes = new NotedChanges();
            care.noteInstead(); // before they are in the way
            end(List.of(notes), false);
            noted = notes;
        } else if (noted == null) {
            forgetChanges();
        }
        nextReason = null;
        done.complete(null);
    }

    /** Any state → PAUSED. */
    private void pause(CompletableFuture<Void> done) {
        if (state != ProtectionState.PAUSED) {
            if (recording != null) {
                loss = recording.capture().lose(GapReason.PAUSED);
            } else if (noted == null) {
                forgetChanges();
            }
            gap = gap == null || recording == null ? GapReason.PAUSED : gap;
            become(ProtectionState.PAUSED);
        }
        done.complete(null);
    }

    private void become(ProtectionState next) {
        if (next != ProtectionState.PROTECTED) {
            care.leave();
        }
        if (state != next) {
            since = Clock.systemUTC().instant();
            state = next;
        }
    }

    /** OFF, FAILED or PAUSED → SYNCING. */
    private void begin() throws InterruptedException {
        if (buffers == null) {
            buffers = new SyncBuffers();
        }
        OpenLog opened = history.get();
        GapReason reason = nextReason != null ? nextReason : opened.fresh() ? GapReason.START : GapReason.RESTART;
        delivery = opened.delivery();
        recording = record(opened);
        Capture capture = recording.capture();
        boolean whole = recording.plan().remaining() == reader.capacity();
        losses = 0;
        loss = null;
        gap = reason;
        Waiting.on(capture.ask((log, time) -> {
            log.gapBegin(time, reason, whole);
            return null;
        }));
        putInTheWay(capture, opened, reason);
        takeNotes();
        showProgress(recording.plan().remaining());
        if (!opened.fresh()) {
            LOG.info(
                    "disk {}: {} of {} bytes are compared with its history",
                    disk,
                    recording.plan().remaining(),
                    reader.capacity());
        }
        become(ProtectionState.SYNCING);
    }

    /**
     * What is still on the former way passes capture by, over what capture may have recorded meanwhile: the disk may be back at
     * what the history held before. So what is changed until then is not recorded but read, and not compared.
     */
    private void putInTheWay(Capture capture, OpenLog opened, GapReason reason) throws InterruptedException {
        if (opened.prior().isEmpty()) { // all is read, and nothing compared
            Waiting.on(loops.filters(List.of(capture)));
            return;
        }
        Loss meanwhile = capture.lose(reason);
        Waiting.on(loops.filters(List.of(capture)));
        Waiting.on(capture.position()); // the log knows of the loss
        recording.plan().add(Waiting.on(capture.resume(meanwhile)));
    }

    /** Nothing is on its way any more that only they know of. */
    private void takeNotes() {
        if (noted != null) {
            unnamed = noted.blocks();
            noted = null;
            recording.plan().add(unnamed);
        }
    }

    /** Nothing is recorded: neither the map nor the notes will say where the disk was changed. */
    private void forgetChanges() {
        care.forget();
        if (noted != null) {
            noted = null;
            loops.filters(List.of());
        }
    }

    private Recording record(OpenLog opened) {
        try {
            long number = ++recordings;
            care.begin(
                    opened.session(),
                    (cause, declared) -> commands.add(new Command.IntentLost(number, cause, declared)));
            Capture capture = new Capture(
                    disk, opened.log(), listener(number), clock, limits.capture(), care.intent(), limits.durability());
            Optional<PriorReads> prior = opened.prior().map(content -> new PriorReads(disk, content, log));
            return new Recording(opened, capture, new SyncReader(reader, prior, capture, buffers, log), care.plan());
        } catch (RuntimeException | Error e) {
            care.end(false);
            opened.prior().ifPresent(PriorContent::release); // nobody has read of it yet
            close(opened); // else no later attempt could open the history
            throw e;
        }
    }

    private CaptureListener listener(long number) {
        return new CaptureListener() {
            @Override
            public void lost(Loss loss) {
                commands.add(new Command.Lost(number, loss));
            }

            @Override
            public void slow() {
                LOG.warn("disk {}: {}", disk, SLOW);
            }

            @Override
            public void failed(FilterException cause) {
                commands.add(new Command.Failed(number, cause));
            }
        };
    }

    /** One stretch; or, behind the last one, SYNCING → PROTECTED. */
    private void sync() throws InterruptedException {
        if (unnamed != null) {
            care.believe(unnamed); // it waits for a flush, which nobody who began has to wait for
            unnamed = null;
        }
        Recording now = recording;
        if (!now.plan().isDone()) {
            now.reader().step(now.plan());
            showProgress(syncBytes);
            return;
        }
        // A change in flight while its place was read may be in what was read: states are exact only behind its number.
        Waiting.on(now.capture().settle());
        if (log.on(now.capture().endGap())) {
            LOG.info("disk {}: protected: from now on every write can be restored", disk);
            gap = null;
            error = null;
            nextReason = null;
            careDue = System.nanoTime();
            protectedSince = System.nanoTime();
            become(ProtectionState.PROTECTED);
            now.reader().release();
        }
    }

    private void tend() throws InterruptedException {
        if (System.nanoTime() - careDue >= 0) {
            careDue = System.nanoTime() + care.tend(recording).toNanos();
        }
    }

    private Duration untilCare() {
        long nanos = Math.max(0, careDue - System.nanoTime());
        return Duration.ofNanos(Math.min(nanos, SELDOM.toNanos()));
    }

    private void intentLost(Command.IntentLost lost) {
        if (lost.declared()) {
            LOG.warn("{}", lost.cause().getMessage());
            error = lost.cause().getMessage();
        } else {
            // The file still says what was: only another session of the history can make it say nothing.
            fail(lost.cause());
        }
    }

    /** SYNCING or PROTECTED → DEGRADED. */
    private void degrade(Loss lost) {
        if (lost == loss && state == ProtectionState.DEGRADED) {
            return; // seen before the capture thread could tell
        }
        // Only a guest that could be followed for long is worth a quick attempt; one that is always too fast is left
        // alone.
        if (state == ProtectionState.PROTECTED && System.nanoTime() - protectedSince > LONG * backoff.toNanos()) {
            backoff = limits.firstBackoff();
        }
        if (state == ProtectionState.PROTECTED) {
            LOG.warn(
                    "disk {}: writes were not recorded ({}): a gap begins, until they are read from the disk; the guest goes on",
                    disk,
                    lost.reason());
        }
        loss = lost;
        losses = losses + 1;
        gap = lost.reason() == GapReason.OVERLOAD && delivery.isInTrouble() ? GapReason.STORE_ERROR : lost.reason();
        dueNanos = System.nanoTime() + backoff.toNanos();
        Duration doubled = backoff.multipliedBy(2);
        backoff = doubled.compareTo(limits.longestBackoff()) < 0 ? doubled : limits.longestBackoff();
        become(ProtectionState.DEGRADED);
    }

    /** DEGRADED or PAUSED → SYNCING. */
    private void heal() throws InterruptedException {
        if (!delivery.isFlowing()) {
            dueNanos = System.nanoTime() + LOOK.toNanos();
            become(ProtectionState.DEGRADED);
            return;
        }
        Recording now = recording;
        log.on(now.capture().position()); // the ring is drained of what lies before
        now.plan().add(Waiting.on(now.capture().resume(loss)));
        showProgress(now.plan().remaining());
        become(ProtectionState.SYNCING);
    }

    private void showProgress(long all) {
        syncBytes = all;
        remainingBytes = recording.plan().remaining();
        dirtyBytes = recording.plan().missedBytes();
    }

    /** Any state → FAILED; but what is paused stays so, to be compared as a whole at its end. */
    private void fail(Throwable cause) {
        ProtectionState next = state == ProtectionState.PAUSED ? ProtectionState.PAUSED : ProtectionState.FAILED;
        String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        // Who enables is told by the answer; and what has been said once needn't be said at every attempt.
        if (state == ProtectionState.PAUSED) {
            LOG.warn("disk {}: its history ends in its pause, behind which the disk is compared: {}", disk, reason);
        } else if (state != ProtectionState.OFF && !(state == ProtectionState.FAILED && reason.equals(error))) {
            LOG.warn(
                    "disk {}: not protected: {}; tried again every {} s, the guest goes on",
                    disk,
                    reason,
                    limits.retryPause().toSeconds());
        }
        error = reason;
        nextReason = GapReason.STORE_ERROR;
        gap = GapReason.STORE_ERROR;
        dueNanos = System.nanoTime() + limits.retryPause().toNanos();
        end();
        become(next);
    }

    /** Takes capture out of the way and closes the history. */
    private void end() {
        if (recording == null) {
            if (!closing) {
                forgetChanges();
            }
            return;
        }
        if (!closing) {
            care.mistrust(); // what the guest writes from here on passes it by
        }
        end(List.of(), closing && state == ProtectionState.PROTECTED);
    }

    /** @param instead what comes into the way in place of capture */
    private void end(List<Filter> instead, boolean equal) {
        Recording now = recording;
        noted = null;
        unnamed = null;
        try {
            Waiting.on(loops.filters(instead));
            forget(now);
            now.capture().close();
            close(now);
            ChangeLog log = now.opened().log();
            care.end(equal && !now.capture().isLosing() && log.isDurable(log.told()));
        } catch (RuntimeException | Error | InterruptedException e) {
            // Somebody may still write through the copies: their memory must stay.
            care.forsake();
            error = "disk " + disk + ": capture could not be taken out of the way: " + e;
            forget(now);
            now.capture().drain();
            close(now);
        }
    }

    private void forget(Recording last) {
        synchronized (counts) {
            if (recording == last) {
                before = before.and(last.capture().statistics());
                recording = null;
            }
        }
    }

    private void close(Recording last) {
        last.reader().release();
        close(last.opened());
    }

    private void close(OpenLog opened) {
        try {
            opened.end().close();
        } catch (Exception e) {
            error = "disk " + disk + ": its history could not be closed: " + e.getMessage();
        }
    }

    private void answerRest() {
        FilterException closed = new FilterException(
                FilterException.Code.NOT_RECORDING, "disk " + disk + ": protection has ended; start the disk again");
        for (Command command = commands.poll(); command != null; command = commands.poll()) {
            switch (command) {
                case Command.Enable enable -> enable.done().completeExceptionally(closed);
                case Command.Disable disable -> disable.done().complete(null);
                case Command.StandBy standBy -> standBy.done().complete(null);
                case Command.Pause pause -> pause.done().complete(null);
                default -> {}
            }
        }
    }
}
