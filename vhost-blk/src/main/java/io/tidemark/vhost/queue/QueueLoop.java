// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.EventFd;
import io.tidemark.disk.posix.LateFault;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.disk.uring.IoUring;
import io.tidemark.disk.uring.RingFailedException;
import io.tidemark.vhost.blk.BlkLimits;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.memory.GuestMemory;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one virtqueue: takes requests from the ring, sends them through the filters to the image, gives them back. One
 * thread, one io_uring, no lock; see docs/architecture.md, "Queue loops".
 *
 * <p>The public methods may be called from any thread: they post messages to the loop.
 */
public final class QueueLoop implements QueueControl, Loop, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QueueLoop.class);

    private static final int WAKE = 0;

    private static final int MESSAGES_A_TURN = 64;

    /**
     * How many requests the first turn after an idle time takes; each further turn takes up to twice as many. So a fast
     * image's first completions wake the driver while the rest is being done, and a busy ring still gets large turns.
     */
    private static final int FIRST_PORTION = 4;

    private final String name;
    private final Image image;
    private final BlkDecoder decoder;
    private final Thread thread;
    private final EventFd wake = new EventFd();
    private final Mailbox messages = new Mailbox(wake::signal);
    private final Questions questions;
    private final QueueCounters counters = new QueueCounters();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();

    /** For whoever asks how the queue is. */
    private volatile boolean serving;

    private volatile String brokenBecause;

    // From here on: the loop's own.
    private IoUring uring;
    private int target;
    private BlockDevice bottom;
    private BlockDevice way;
    private final Slots slots = new Slots();
    private final Generations generations = new Generations();
    private final DescriptorChain chain = new DescriptorChain();
    private final IdlePolling polling = new IdlePolling();
    private final Completion giveBack = this::complete;

    private GuestMemory memory = GuestMemory.EMPTY;
    private Vring vring;
    private Virtqueue ring;

    /** Null unless the frontend wants to know what is written. */
    private RingLog log;

    private int kickToken;
    private int callFd = -1;
    private int portion = FIRST_PORTION;
    private int lastBase;

    /** The slot whose request is being submitted, and whether a filter or the image has got it. */
    private Slot taking;

    private boolean handedOn;

    private final LateFault fault = new LateFault();

    /** Whether a request may never come back. */
    private boolean lost;

    private boolean enabled;
    private boolean writeCache;
    private CompletableFuture<Integer> stopping;
    private boolean closing;

    /** While completions are reaped: since when they are known, which is one look at the clock for all. */
    private boolean reaping;

    private long reapedAt;

    /** Whether the image completed a request before it returned from taking it, in this turn. */
    private boolean completedAtOnce;

    /**
     * Starts the loop's thread. Nothing is served until {@link #start}.
     *
     * @param name the thread's name: {@code vda-q0}
     * @param serial what the guest reads as the disk's serial number; at most 20 bytes
     */
    public QueueLoop(String name, Image image, byte[] serial) {
        this.name = name;
        this.image = image;
        this.decoder = new BlkDecoder(image.geometry(), serial);
        this.questions = new Questions(name, messages);
        this.thread = Thread.ofPlatform().name(name).daemon().start(this::run);
        try {
            opened.join();
        } catch (CompletionException e) {
            wake.close();
            throw e;
        }
    }

    /** What the loop has counted so far. */
    public QueueCounters counters() {
        return counters;
    }

    /** Whether a ring is being served. */
    public boolean isServing() {
        return serving;
    }

    /** Why the ring was stopped, if the driver broke it; null else. */
    public String brokenBecause() {
        return brokenBecause;
    }

    /** How long ago the oldest request was taken that is still on its way, in nanoseconds; 0 if there is none. */
    public long oldestInFlight() {
        return slots.oldest();
    }

    // Control, from any thread.

    @Override
    public CompletableFuture<Void> start(Vring setup) {
        return questions.tell(() -> serve(setup));
    }

    @Override
    public CompletableFuture<Integer> stop() {
        return questions.ask(answer -> {
            if (stopping != null) {
                var _ = stopping.whenComplete((base, failure) -> {
                    if (failure == null) {
                        answer.complete(base);
                    } else {
                        answer.completeExceptionally(failure);
                    }
                });
            } else {
                stopping = answer;
                way.letGo();
            }
        });
    }

    @Override
    public CompletableFuture<Void> memory(GuestMemory table) {
        return questions.ask(answer -> {
            memory = table;
            if (ring != null) {
                try {
                    ring.locate(vring, table);
                } catch (BrokenRingException e) {
                    fail(e.getMessage());
                }
            }
            generations.begin(answer);
            way.letGo();
        });
    }

    /**
     * Puts filters between the ring and the image, in place of those that were there; the first sees requests first.
     *
     * @return completes when no request is on its way through the old filters
     */
    public CompletableFuture<Void> filters(List<Filter> filters) {
        return questions.ask(answer -> {
            way.letGo();
            BlockDevice device = bottom;
            for (Filter filter : filters.reversed()) {
                device = filter.attach(this, device);
            }
            way = device;
            generations.begin(answer);
        });
    }

    @Override
    public CompletableFuture<Void> log(RingLog wanted) {
        return questions.tell(() -> {
            log = wanted;
            if (ring != null) {
                markRing();
            }
        });
    }

    /** The image has another size now; answered when requests go by it. */
    public CompletableFuture<Void> resized(Geometry now) {
        return questions.tell(() -> decoder.resized(now));
    }

    @Override
    public CompletableFuture<Void> enable(boolean wanted) {
        return questions.tell(() -> enabled = wanted);
    }

    @Override
    public CompletableFuture<Void> call(int fd) {
        return questions.tell(() -> {
            // What is still meant for the old one must reach the kernel before its owner closes it.
            handOver();
            callFd = fd;
            if (ring != null && fd >= 0) {
                uring.prepareSignal(fd);
            }
        });
    }

    @Override
    public void writeCache(boolean writeback) {
        messages.post(() -> writeCache = writeback);
    }

    /** @throws RejectedExecutionException when the loop has ended */
    @Override
    public void execute(Runnable task) {
        questions.execute(task);
    }

    /** Ends the loop when its requests are complete. The ring must have been stopped. */
    @Override
    public void close() {
        messages.post(() -> {
            closing = true;
            way.letGo();
        });
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        wake.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Once it is closed: whether requests may still be on their way to the image, and nobody knows of them any more. */
    public boolean hasGivenUpRequests() {
        return lost || generations.inFlight() > 0;
    }

    // The loop.

    private void run() {
        try {
            open();
            opened.complete(null);
        } catch (Throwable e) {
            if (uring != null) {
                uring.close();
            }
            opened.completeExceptionally(e);
            return;
        }
        try (IoUring closedAtEnd = uring) {
            try {
                turnUntilClosed();
            } finally {
                end();
            }
        }
    }

    /** Who waits is told that nothing comes any more. */
    private void end() {
        if (stopping != null) {
            stopping.completeExceptionally(questions.hasEnded());
        }
        generations.abandon(questions.hasEnded());
        questions.end();
    }

    private void turnUntilClosed() {
        while (!lost && (!closing || generations.inFlight() > 0)) {
            try {
                if (!turn()) {
                    idle();
                }
            } catch (RingFailedException e) {
                // Requests that were on their way are lost with it: better a ring that ends than one that hangs.
                LOG.error("{}: the loop ends, restart the agent", name, e);
                fail(e.getMessage());
                return;
            } catch (InternalError e) {
                vanished();
            } catch (RuntimeException | Error e) {
                LOG.error("{}: a fault of our own", name, e);
                fail("a fault of our own, " + e);
            }
        }
    }

    private void open() {
        uring = new IoUring(BlkLimits.MAX_QUEUE_SIZE, 2 * BlkLimits.MAX_QUEUE_SIZE);
        target = uring.register(this::woken);
        bottom = image.attach(this);
        way = bottom;
        uring.preparePoll(wake.fd(), target, WAKE);
    }

    /** One look at everything. @return whether there was anything to do */
    private boolean turn() {
        boolean worked = false;
        if (messages.hasMail()) {
            messages.run(MESSAGES_A_TURN);
            worked = true;
        }
        if (ring != null) {
            worked |= takeAll();
        }
        if (uring.hasPrepared() || uring.hasWork()) {
            uring.enter(0);
            worked |= reap();
        }
        publish();
        return worked;
    }

    private boolean takeAll() {
        if (!enabled || stopping != null) {
            return false;
        }
        try {
            int most = Math.min(slots.free(), portion);
            if (most == 0 || !ring.hasNext()) {
                return false;
            }
            portion = Math.min(2 * portion, Slots.COUNT);
            long now = System.nanoTime();
            for (int i = 0; i < most && ring != null && ring.hasNext(); i++) {
                take(now);
            }
            counters.inFlight(generations.inFlight());
        } catch (BrokenRingException e) {
            fail(e.getMessage());
        } catch (InternalError e) {
            vanished();
        }
        return true;
    }

    private void take(long now) throws BrokenRingException {
        Slot slot = slots.next();
        ring.take(chain, slot, memory);
        int verdict = decoder.decode(chain, slot, !writeCache);
        fault.surface();
        if (verdict != BlkDecoder.SUBMIT) {
            if (verdict != BlkStatus.OK) {
                counters.refused();
            }
            answer(slot, verdict);
            if (log != null) {
                log.answered(chain, memory);
            }
            return;
        }
        taking = slot;
        handedOn = false;
        slots.take(slot, now);
        slot.memory = memory;
        slot.generation = generations.enter();
        slot.request.onCompletion(giveBack);
        handedOn = true;
        way.submit(slot.request);
        taking = null;
    }

    /**
     * The frontend has taken memory from under the ring. The JVM tells that by an error which may come some instructions late,
     * between any two steps: what is on its way is counted anew, by the slots.
     */
    private void vanished() {
        fail("guest memory has vanished");
        Slot doubtful = taking;
        taking = null;
        if (doubtful != null && doubtful.takenAt() != Slot.NOT_TAKEN) {
            if (handedOn) {
                // Nobody can tell whether it will come back: better a ring that ends than one that hangs.
                LOG.error("{}: memory vanished under a request: the loop ends, restart the agent", name);
                lost = true;
                return;
            }
            doubtful.request.takeBack();
            doubtful.takenAt(Slot.NOT_TAKEN);
        }
        slots.recount(generations);
    }

    /** The last stage of every request: back into the ring. */
    private void complete(Request request, int status) {
        Slot slot = slots.get(request.id());
        if (status == 0 && decoder.beginNextRange(slot)) {
            taking = slot;
            handedOn = false;
            request.onCompletion(giveBack);
            handedOn = true;
            way.submit(request);
            taking = null;
            if (stopping != null || closing || generations.isAwaited()) {
                way.letGo();
            }
            return;
        }
        long took = (reaping ? reapedAt : System.nanoTime()) - slot.takenAt();
        counters.completed(request, status, took);
        polling.completed(request, took);
        completedAtOnce |= slot == taking;
        slots.release(slot);
        try {
            if (ring != null) {
                answer(slot, status == 0 ? BlkStatus.OK : BlkStatus.IOERR);
            }
            if (log != null) {
                log.completed(slot);
            }
            fault.surface();
        } catch (InternalError e) {
            fail("guest memory has vanished");
        }
        generations.leave(slot.generation);
    }

    private void answer(Slot slot, int status) {
        NativeMemory.ALL.set(ValueLayout.JAVA_BYTE, slot.statusAddress, (byte) status);
        ring.use(slot, status == BlkStatus.OK ? slot.written : 1);
    }

    /** After each change of the ring, and once before it is left. */
    private void markRing() {
        if (log != null) {
            try {
                log.changed(ring, memory);
            } catch (InternalError e) {
                fail("guest memory has vanished");
            }
        }
    }

    private void markWish() {
        if (log != null) {
            try {
                log.wished(ring);
            } catch (InternalError e) {
                fail("guest memory has vanished");
            }
        }
    }

    private boolean reap() {
        reapedAt = System.nanoTime();
        reaping = true;
        try {
            return uring.reap() > 0;
        } finally {
            reaping = false;
        }
    }

    /**
     * Shows the guest what is done, and prepares its interrupt. The next entry of the kernel sends it, which is that of the next
     * turn's requests; but requests that the image completes at once enter no kernel, and the interrupt must not wait for them.
     */
    private void publish() {
        if (ring != null && ring.hasUnpublished()) {
            try {
                boolean interrupt = ring.publish();
                markRing();
                if (interrupt && callFd >= 0) {
                    uring.prepareSignal(callFd);
                    counters.interrupted();
                    if (completedAtOnce) {
                        uring.enter(0);
                    }
                }
                completedAtOnce = false;
            } catch (InternalError e) {
                fail("guest memory has vanished");
            }
            counters.inFlight(generations.inFlight());
        }
        if (stopping != null && generations.inFlight() == 0) {
            finishStop();
        }
    }

    private void idle() {
        portion = FIRST_PORTION;
        int awaited = generations.inFlight();
        long since = System.nanoTime();
        long window = polling.window(awaited);
        for (long looked = 0; looked < window; looked = System.nanoTime() - since) {
            if (somethingToDo()) {
                counters.pollHit();
                polling.idled(0, awaited);
                return;
            }
            if (polling.givesWay(awaited, looked)) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
        if (ring != null && enabled && vring.kickFd() < 0) {
            return; // nobody will kick: the frontend wants it polled (vhost-user.rst, VHOST_USER_SET_VRING_KICK)
        }
        if (ring != null) {
            enableKicks();
        }
        if (messages.fallAsleep() && !somethingToDo()) {
            counters.slept();
            uring.enter(1);
            reap();
        }
        messages.wakeUp();
        if (ring != null) {
            ring.disableKicks();
            markWish();
        }
        polling.idled(System.nanoTime() - since, awaited);
    }

    private void enableKicks() {
        try {
            ring.enableKicks();
            markWish();
        } catch (InternalError e) {
            fail("guest memory has vanished");
        }
    }

    private boolean somethingToDo() {
        if (messages.hasMail() || uring.hasWork() || uring.hasPrepared()) {
            return true;
        }
        if (ring == null || !enabled || stopping != null) {
            return false;
        }
        try {
            return slots.free() > 0 && ring.hasNext();
        } catch (BrokenRingException e) {
            // The turn that follows meets it again and stops the ring.
            return true;
        } catch (InternalError e) {
            fail("guest memory has vanished");
            return true;
        }
    }

    private void woken(int token, int result, boolean more) {
        if (token == WAKE) {
            if (!more) {
                uring.preparePoll(wake.fd(), target, WAKE);
            }
        } else if (token == kickToken && vring != null && result >= 0) {
            counters.kicked();
            if (!more) {
                uring.preparePoll(vring.kickFd(), target, kickToken);
            }
        }
    }

    // Control, on the loop's thread.

    private void serve(Vring setup) {
        try {
            ring = Virtqueue.open(setup, memory);
        } catch (BrokenRingException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        vring = setup;
        callFd = setup.callFd();
        lastBase = setup.base();
        if (setup.kickFd() >= 0) {
            // A token of its own, so that a late event of the former kick fd is told apart.
            kickToken = kickToken == Integer.MAX_VALUE ? WAKE + 1 : kickToken + 1;
            uring.preparePoll(setup.kickFd(), target, kickToken);
        }
        if (ring.toDoAgain() > 0) {
            LOG.info("{}: {} requests were in flight and are done again", name, ring.toDoAgain());
        }
        if (callFd >= 0) {
            // A backend before this one may have died after it gave requests back and before it said so.
            uring.prepareSignal(callFd);
        }
        ring.disableKicks();
        markRing();
        serving = true;
        brokenBecause = null;
    }

    private void finishStop() {
        CompletableFuture<Integer> answer = stopping;
        stopping = null;
        lastBase = ring == null ? lastBase : ring.base();
        ring = null;
        serving = false;
        unlisten();
        answer.complete(lastBase);
    }

    /** Lets go of the frontend's file descriptors. */
    private void unlisten() {
        if (vring != null && vring.kickFd() >= 0) {
            uring.preparePollRemove(target, kickToken);
        }
        vring = null;
        callFd = -1;
        handOver();
    }

    private void handOver() {
        while (uring.hasPrepared()) {
            uring.enter(0);
        }
    }

    /** Stops serving a ring that can't be trusted; requests on their way are completed without it. */
    private void fail(String reason) {
        if (ring == null) {
            return;
        }
        LOG.warn("{}: ring stopped: {}; the guest's driver must reset the device", name, reason);
        lastBase = ring.base();
        ring = null;
        serving = false;
        brokenBecause = reason;
        if (vring.errorFd() >= 0) {
            uring.prepareSignal(vring.errorFd());
        }
    }

    @Override
    public IoUring ring() {
        return uring;
    }

    @Override
    public int requests() {
        return BlkLimits.MAX_QUEUE_SIZE;
    }
}
