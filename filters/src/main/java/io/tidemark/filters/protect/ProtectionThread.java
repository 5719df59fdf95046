// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.disk.Filter;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.disk.posix.ThreadPriority;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.capture.Capture;
import io.tidemark.filters.capture.Loss;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state machine of a disk's protection, on the thread {@code DISK-protect}, which obeys one command after another, and does what its
 * state asks for in between. The states are those of docs/architecture.md; nobody else changes them.
 */
final class ProtectionThread implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ProtectionThread.class);

    /** Between two looks at whether a store keeps up, and at whether one that doesn't has caused a loss. */
    private static final Duration LOOK = Duration.ofMillis(20);

    /** Protected for so many times the last pause, a disk is thought to be one that can be followed. */
    private static final int LONG = 20;

    private static final Duration SELDOM = Duration.ofSeconds(1);

    private final String disk;
    private final FilterSwitch loops;
    private final DiskReader reader;
    private final Supplier<OpenLog> history;
    private final ProtectionLimits limits;
    private final MapCare care;
    private final LogWait log;
    private final Standing standing;
    private final Recordings recordings;
    private final BlockingQueue<Command> commands;

    /** What stands in the loops' way until a recording begins; null if nothing does. Written before anything is wanted. */
    private NotedChanges noted;

    /** What the intent map doesn't name yet, though it was changed; null if there is nothing. */
    private BlockSet unnamed;

    private Loss loss;
    private GapReason nextReason;
    private Duration backoff;
    private long dueNanos;
    private long careDue;
    private long protectedSince;
    private boolean closing;

    // Written by this thread, given up by anyone.
    private volatile Delivery delivery = Delivery.AT_ONCE;

    ProtectionThread(
            String disk,
            FilterSwitch loops,
            DiskReader reader,
            Supplier<OpenLog> history,
            ProtectionLimits limits,
            MapCare care,
            LogWait log,
            Standing standing,
            Recordings recordings,
            BlockingQueue<Command> commands) {
        this.disk = disk;
        this.loops = loops;
        this.reader = reader;
        this.history = history;
        this.limits = limits;
        this.care = care;
        this.log = log;
        this.standing = standing;
        this.recordings = recordings;
        this.commands = commands;
        this.backoff = limits.firstBackoff();
    }

    /** What is changed is noted, by all loops, until a recording begins. Before any command. */
    void inherit(NotedChanges changes) {
        noted = changes;
    }

    /** The store is not waited for any more. From any thread. */
    void giveUp() {
        delivery.giveUp();
    }

    @Override
    public void run() {
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
        switch (standing.state()) {
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
        Optional<Loss> happened = recordings.present().capture().loss();
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
            case Command.Failed failed when recordings.isPresent(failed.recording()) -> fail(failed.cause());
            case Command.IntentLost lost when recordings.isPresent(lost.recording()) -> intentLost(lost);
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
        return recordings.isPresent(lost.recording())
                && !standing.is(ProtectionState.PAUSED)
                && recordings.present().capture().isInForce(lost.loss());
    }

    private void enable(CompletableFuture<Void> done) throws InterruptedException {
        if (!standing.is(ProtectionState.SYNCING) && !standing.is(ProtectionState.PROTECTED)) {
            try {
                if (recordings.present() == null) {
                    begin();
                } else if (standing.is(ProtectionState.PAUSED)) {
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
        setFree();
        end();
        nextReason = null;
        done.complete(null);
    }

    /** What is a recording now will be gone on with. */
    private void standBy(CompletableFuture<Void> done) throws InterruptedException {
        setFree();
        if (recordings.present() != null) {
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

    /** Any state → OFF. The guest goes free at once; the log opens the gap when it comes to it. */
    private void setFree() {
        Recording now = recordings.present();
        if (now != null) {
            now.capture().lose(GapReason.DISABLED);
            standing.gap(GapReason.DISABLED);
        }
        standing.noError();
        become(ProtectionState.OFF);
    }

    /** Any state → PAUSED. */
    private void pause(CompletableFuture<Void> done) {
        if (!standing.is(ProtectionState.PAUSED)) {
            Recording now = recordings.present();
            if (now != null) {
                loss = now.capture().lose(GapReason.PAUSED);
            } else if (noted == null) {
                forgetChanges();
            }
            if (standing.gap() == null || now == null) {
                standing.gap(GapReason.PAUSED);
            }
            become(ProtectionState.PAUSED);
        }
        done.complete(null);
    }

    private void become(ProtectionState next) {
        if (next != ProtectionState.PROTECTED) {
            care.leave();
        }
        standing.become(next);
    }

    /** OFF, FAILED or PAUSED → SYNCING. */
    private void begin() throws InterruptedException {
        OpenLog opened = history.get();
        GapReason reason = nextReason != null ? nextReason : opened.fresh() ? GapReason.START : GapReason.RESTART;
        delivery = opened.delivery();
        Recording now = recordings.begin(opened);
        Capture capture = now.capture();
        boolean whole = now.plan().remaining() == reader.capacity();
        standing.noLosses();
        loss = null;
        standing.gap(reason);
        Waiting.on(capture.ask((log, time) -> {
            log.gapBegin(time, reason, whole);
            return null;
        }));
        recordings.putInTheWay(reason);
        takeNotes(now.plan());
        standing.syncing(now.plan());
        if (!opened.fresh()) {
            LOG.info(
                    "disk {}: {} of {} bytes are compared with its history",
                    disk,
                    now.plan().remaining(),
                    reader.capacity());
        }
        become(ProtectionState.SYNCING);
    }

    /** Nothing is on its way any more that only they know of. */
    private void takeNotes(SyncPlan plan) {
        if (noted != null) {
            unnamed = noted.blocks();
            noted = null;
            plan.add(unnamed);
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

    /** One stretch; or, behind the last one, SYNCING → PROTECTED. */
    private void sync() throws InterruptedException {
        if (unnamed != null) {
            care.believe(unnamed); // it waits for a flush, which nobody who began has to wait for
            unnamed = null;
        }
        Recording now = recordings.present();
        if (!now.plan().isDone()) {
            now.reader().step(now.plan());
            standing.goneOn(now.plan());
            return;
        }
        // A change in flight while its place was read may be in what was read: states are exact only behind its number.
        Waiting.on(now.capture().settle());
        if (log.on(now.capture().endGap())) {
            LOG.info("disk {}: protected: from now on every write can be restored", disk);
            standing.gap(null);
            standing.noError();
            nextReason = null;
            careDue = System.nanoTime();
            protectedSince = System.nanoTime();
            become(ProtectionState.PROTECTED);
            now.reader().release();
        }
    }

    private void tend() throws InterruptedException {
        if (System.nanoTime() - careDue >= 0) {
            careDue = System.nanoTime() + care.tend(recordings.present()).toNanos();
        }
    }

    private Duration untilCare() {
        long nanos = Math.max(0, careDue - System.nanoTime());
        return Duration.ofNanos(Math.min(nanos, SELDOM.toNanos()));
    }

    private void intentLost(Command.IntentLost lost) {
        if (lost.declared()) {
            LOG.warn("{}", lost.cause().getMessage());
            standing.error(lost.cause().getMessage());
        } else {
            // The file still says what was: only another session of the history can make it say nothing.
            fail(lost.cause());
        }
    }

    /** SYNCING or PROTECTED → DEGRADED. */
    private void degrade(Loss lost) {
        if (lost == loss && standing.is(ProtectionState.DEGRADED)) {
            return; // seen before the capture thread could tell
        }
        // Only a guest that could be followed for long is worth a quick attempt; one that is always too fast is left
        // alone.
        if (standing.is(ProtectionState.PROTECTED) && System.nanoTime() - protectedSince > LONG * backoff.toNanos()) {
            backoff = limits.firstBackoff();
        }
        if (standing.is(ProtectionState.PROTECTED)) {
            LOG.warn(
                    "disk {}: writes were not recorded ({}): a gap begins, until they are read from the disk; the guest goes on",
                    disk,
                    lost.reason());
        }
        loss = lost;
        standing.oneMoreLoss();
        boolean store = lost.reason() == GapReason.OVERLOAD && delivery.isInTrouble();
        standing.gap(store ? GapReason.STORE_ERROR : lost.reason());
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
        Recording now = recordings.present();
        log.on(now.capture().position()); // the ring is drained of what lies before
        now.plan().add(Waiting.on(now.capture().resume(loss)));
        standing.syncing(now.plan());
        become(ProtectionState.SYNCING);
    }

    /** Any state → FAILED; but what is paused stays so, to be compared as a whole at its end. */
    private void fail(Throwable cause) {
        ProtectionState was = standing.state();
        ProtectionState next = was == ProtectionState.PAUSED ? ProtectionState.PAUSED : ProtectionState.FAILED;
        String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        // Who enables is told by the answer; and what has been said once needn't be said at every attempt.
        if (was == ProtectionState.PAUSED) {
            LOG.warn("disk {}: its history ends in its pause, behind which the disk is compared: {}", disk, reason);
        } else if (was != ProtectionState.OFF && !(was == ProtectionState.FAILED && reason.equals(standing.error()))) {
            LOG.warn(
                    "disk {}: not protected: {}; tried again every {} s, the guest goes on",
                    disk,
                    reason,
                    limits.retryPause().toSeconds());
        }
        standing.error(reason);
        nextReason = GapReason.STORE_ERROR;
        standing.gap(GapReason.STORE_ERROR);
        dueNanos = System.nanoTime() + limits.retryPause().toNanos();
        end();
        become(next);
    }

    /** Takes capture out of the way and closes the history. */
    private void end() {
        if (recordings.present() == null) {
            if (!closing) {
                forgetChanges();
            }
            return;
        }
        if (!closing) {
            care.mistrust(); // what the guest writes from here on passes it by
        }
        end(List.of(), closing && standing.is(ProtectionState.PROTECTED));
    }

    private void end(List<Filter> instead, boolean equal) {
        noted = null;
        unnamed = null;
        recordings.end(instead, equal);
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
