// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.disk.posix.EventFd;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkLimits;
import io.tidemark.vhost.handover.SaidAgain;
import io.tidemark.vhost.memory.DirtyLog;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringAddress;
import io.tidemark.vhost.protocol.VringFd;
import io.tidemark.vhost.protocol.VringState;
import io.tidemark.vhost.queue.QueueControl;
import io.tidemark.vhost.queue.RingLog;
import io.tidemark.vhost.queue.Vring;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.IntFunction;

/**
 * One ring as the frontend sets it up, and its state: stopped, or started by a kick descriptor until GET_VRING_BASE;
 * enabled or not (vhost-user.rst, "Ring states"). Owns the ring's file descriptors.
 */
final class Ring {
    /** virtio 1.3, 2.7: alignment and size of a split ring's parts, with the field that EVENT_IDX adds. */
    private static final int DESCRIPTOR_ALIGN = 16;

    private static final int DESCRIPTOR_SIZE = 16;
    private static final int AVAIL_ALIGN = 2;
    private static final int AVAIL_FIXED = 6;
    private static final int AVAIL_ENTRY = 2;
    private static final int USED_ALIGN = 4;
    private static final int USED_FIXED = 6;
    private static final int USED_ENTRY = 8;
    private static final int MAX_BASE = 0xffff;

    /** virtio 1.3, 2.8.10.1. */
    private static final int EVENT_SUPPRESSION = 4;

    private final String name;
    private final QueueControl queue;
    private final List<Integer> retiredFds = new ArrayList<>();
    private int size;
    private boolean placed;
    private long descriptors;
    private long avail;
    private long used;
    private long usedLog = RingLog.NO_RING;
    private DirtyLog log;
    private int base;

    /** What GET_VRING_BASE says. It outlives a reset: QEMU before 8.0 resets the device by its status, and only then asks. */
    private int reported;

    private int kick = Fd.NONE;
    private int call = Fd.NONE;
    private int error = Fd.NONE;
    private boolean started;
    private boolean enableSaid;
    private boolean enabled;

    /** Stopped by this side, between being handed over and perhaps taken back. */
    private boolean paused;

    Ring(String name, QueueControl queue) {
        this.name = name;
        this.queue = queue;
    }

    boolean started() {
        return started;
    }

    void size(int wanted, long features) {
        refuseWhileStarted("its size");
        checkSize(wanted, features);
        size = wanted;
    }

    private void checkSize(int wanted, long features) {
        boolean fits = wanted >= 1 && wanted <= BlkLimits.MAX_QUEUE_SIZE;
        if (!fits || (!packed(features) && Integer.bitCount(wanted) != 1)) {
            throw refused("has a size of " + Integer.toUnsignedString(wanted) + ": a power of two up to "
                    + BlkLimits.MAX_QUEUE_SIZE + " is possible");
        }
    }

    private static boolean packed(long features) {
        return BlkFeatures.has(features, BlkFeatures.RING_PACKED);
    }

    /**
     * A started ring may be told its place once more, as frontends do that begin or end to log.
     *
     * @param usedRingLog the guest address by which its used ring is marked, or {@link RingLog#NO_RING}
     */
    void place(long descriptorTable, long availRing, long usedRing, long usedRingLog) {
        if (descriptorTable != descriptors || availRing != avail || usedRing != used) {
            refuseWhileStarted("its place");
        }
        descriptors = descriptorTable;
        avail = availRing;
        used = usedRing;
        placed = true;
        if (usedRingLog != usedLog) {
            usedLog = usedRingLog;
            if (log != null) {
                awaitLog(log(log));
            }
        }
    }

    /**
     * Marks what the ring's queue writes; null to mark nothing.
     *
     * @return completes when the former log isn't used any more
     */
    CompletableFuture<Void> log(DirtyLog wanted) {
        log = wanted;
        return queue.log(wanted == null ? null : new RingLog(wanted, usedLog));
    }

    void awaitLog(CompletableFuture<Void> told) {
        try {
            Answers.await(told, name + ": changing what it logs");
        } catch (ExecutionException e) {
            throw new VhostException(Code.BAD_RING, name + " can't change what it logs: " + e.getCause(), e);
        }
    }

    void base(int index, long features) {
        refuseWhileStarted("its base");
        if (!packed(features) && (index < 0 || index > MAX_BASE)) {
            throw refused("has a base of " + Integer.toUnsignedString(index) + ": split rings have 16 bits");
        }
        base = index;
        reported = index;
    }

    /**
     * Starts the ring, after stopping it where it was started before. Owns the descriptor from now on.
     *
     * @param inflight gives a ring of some size the memory for its record of requests in flight, or null
     */
    void kick(
            int fd, GuestMemory memory, long features, boolean enabledFromStart, IntFunction<MemorySegment> inflight) {
        try {
            stop();
        } catch (VhostException e) {
            Fd.close(fd);
            throw e;
        }
        kick = fd;
        try {
            start(memory, features, enabledFromStart, inflight);
        } catch (VhostException e) {
            closeKick();
            if (error != Fd.NONE) {
                EventFd.signal(error);
            }
            throw e;
        }
    }

    private void start(
            GuestMemory memory, long features, boolean enabledFromStart, IntFunction<MemorySegment> inflight) {
        if (size == 0 || !placed) {
            throw refused("was kicked before its size and place were set");
        }
        checkSize(size, features);
        check(memory, "descriptors", descriptors, (long) size * DESCRIPTOR_SIZE, DESCRIPTOR_ALIGN);
        if (packed(features)) {
            check(memory, "driver event suppression", avail, EVENT_SUPPRESSION, EVENT_SUPPRESSION);
            check(memory, "device event suppression", used, EVENT_SUPPRESSION, EVENT_SUPPRESSION);
        } else {
            check(memory, "avail ring", avail, AVAIL_FIXED + (long) size * AVAIL_ENTRY, AVAIL_ALIGN);
            check(memory, "used ring", used, USED_FIXED + (long) size * USED_ENTRY, USED_ALIGN);
        }
        if (!enableSaid) {
            enabled = enabledFromStart;
            tellEnabled();
        }
        Vring vring =
                new Vring(size, descriptors, avail, used, base, kick, call, error, features, inflight.apply(size));
        try {
            Answers.await(queue.start(vring), name + ": starting");
        } catch (ExecutionException e) {
            throw new VhostException(Code.BAD_RING, name + " can't be started: " + e.getCause(), e);
        }
        started = true;
    }

    private void check(GuestMemory memory, String part, long address, long length, int align) {
        MemorySegment segment = memory.user(address, length);
        if (segment == null) {
            throw refused("has its %s, %d bytes at 0x%x, outside the guest's memory".formatted(part, length, address));
        }
        if (segment.address() % align != 0) {
            throw refused("has its %s at 0x%x, no multiple of %d".formatted(part, address, align));
        }
    }

    /** Owns the descriptor from now on; a started ring uses it at once. */
    void call(int fd) {
        int former = call;
        call = fd;
        if (started) {
            try {
                Answers.await(queue.call(fd), name + ": taking a new call descriptor");
            } catch (ExecutionException e) {
                retiredFds.add(former);
                throw new VhostException(Code.BAD_RING, name + " can't take a call descriptor: " + e.getCause(), e);
            }
        }
        Fd.close(former);
    }

    /** Owns the descriptor from now on; a started ring uses it from its next start. */
    void error(int fd) {
        if (started) {
            retiredFds.add(error);
        } else {
            Fd.close(error);
        }
        error = fd;
    }

    void enable(boolean wanted) {
        enableSaid = true;
        enabled = wanted;
        tellEnabled();
    }

    private void tellEnabled() {
        try {
            Answers.await(queue.enable(enabled), name + ": being enabled or disabled");
        } catch (ExecutionException e) {
            throw new VhostException(Code.BAD_RING, name + " can't be enabled or disabled: " + e.getCause(), e);
        }
    }

    /** Stops the ring and waits until what it took is done. @return the next avail index */
    int stop() {
        if (started) {
            finishStop(beginStop());
        }
        return reported;
    }

    /** What another process needs to have the same ring, stopped. */
    List<SaidAgain> setUp(int index) {
        List<SaidAgain> said = new ArrayList<>();
        if (size != 0) {
            said.add(new SaidAgain(FrontendRequest.SET_VRING_NUM, VringState.of(index, size)));
        }
        if (placed) {
            said.add(new SaidAgain(
                    FrontendRequest.SET_VRING_ADDR,
                    usedLog == RingLog.NO_RING
                            ? VringAddress.of(index, descriptors, used, avail)
                            : VringAddress.logged(index, descriptors, used, avail, usedLog)));
        }
        said.add(withFd(FrontendRequest.SET_VRING_CALL, index, call));
        said.add(withFd(FrontendRequest.SET_VRING_ERR, index, error));
        if (enableSaid) {
            said.add(new SaidAgain(FrontendRequest.SET_VRING_ENABLE, VringState.of(index, enabled ? 1 : 0)));
        }
        return said;
    }

    /** What starts the ring there, once it has drained here. */
    List<SaidAgain> start(int index) {
        List<SaidAgain> said = new ArrayList<>();
        said.add(new SaidAgain(FrontendRequest.SET_VRING_BASE, VringState.of(index, base)));
        if (paused) {
            said.add(withFd(FrontendRequest.SET_VRING_KICK, index, kick));
        }
        return said;
    }

    private static SaidAgain withFd(FrontendRequest request, int index, int fd) {
        return new SaidAgain(request, U64.of(fd == Fd.NONE ? index | VringFd.NO_FD : index), fd);
    }

    /** Notes that a started ring is going to be stopped for a while, and keeps its kick descriptor. */
    CompletableFuture<Integer> beginPause() {
        paused = started;
        return beginStop();
    }

    /** Starts the ring again that {@link #beginPause} has stopped. */
    void resume(GuestMemory memory, long features, IntFunction<MemorySegment> inflight) {
        if (paused) {
            paused = false;
            start(memory, features, enabled, inflight);
        }
    }

    /** Stops the ring without waiting, so that several can drain at once. */
    CompletableFuture<Integer> beginStop() {
        return started ? queue.stop() : CompletableFuture.completedFuture(base);
    }

    /** Waits for what {@link #beginStop} began. Without an answer the descriptors stay open: they may be in use. */
    void finishStop(CompletableFuture<Integer> stopping) {
        try {
            base = Answers.await(stopping, name + ": completing what was taken");
            reported = base;
        } catch (ExecutionException e) {
            kick = Fd.NONE;
            call = Fd.NONE;
            error = Fd.NONE;
            retiredFds.clear();
            paused = false;
            throw new VhostException(Code.BAD_RING, name + " can't be stopped: " + e.getCause(), e);
        } finally {
            started = false;
        }
        if (!paused) {
            closeKick();
        }
        retiredFds.forEach(Fd::close);
        retiredFds.clear();
    }

    /** Forgets all that the frontend set; the ring was stopped. */
    void reset() {
        var _ = queue.enable(false); // it is stopped: nothing is taken anyway
        enableSaid = false;
        paused = false;
        size = 0;
        placed = false;
        usedLog = RingLog.NO_RING;
        base = 0;
        closeKick();
        Fd.close(call);
        Fd.close(error);
        call = Fd.NONE;
        error = Fd.NONE;
    }

    private void closeKick() {
        Fd.close(kick);
        kick = Fd.NONE;
    }

    private void refuseWhileStarted(String what) {
        if (started) {
            throw refused("is started: " + what + " can't change before GET_VRING_BASE");
        }
    }

    private VhostException refused(String reason) {
        return new VhostException(Code.BAD_RING, name + " " + reason);
    }
}
