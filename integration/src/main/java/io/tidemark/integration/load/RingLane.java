// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.frontend.Machine;
import io.tidemark.integration.process.LabException;
import io.tidemark.vhost.blk.BlkDiscardSegment;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.DriverRing;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * One queue's driver, on a thread of its own, and the part of the disk that it works on. It never asks whether a backend is
 * there: like a guest it sees its ring alone.
 */
final class RingLane implements Runnable {
    private static final int TICK_MS = 20;
    private static final int TRIES = 8;
    private static final int HOT_BLOCKS = 48;
    private static final int LEAST_PIECE = 8000;

    private final int queue;
    private final Machine machine;
    private final DriverRing ring;
    private final Content content;
    private final boolean overlapping;
    private final SplittableRandom random;
    private final Deque<RingRequest> idle = new ArrayDeque<>();
    private final RingRequest[] inFlight;
    private long sent;
    private volatile long completed;
    private volatile boolean finishing;
    private volatile boolean resting;
    private volatile boolean atRest;
    private volatile boolean givingUp;

    private volatile Thread thread;

    /** The used index behind which a new backend's work begins; -1 when nobody waits for that. */
    private volatile int servedBehind = -1;

    private volatile long servedAt;

    RingLane(Machine machine, int queue, Content content, int depth, boolean overlapping, long seed) {
        this.machine = machine;
        this.queue = queue;
        this.ring = machine.rings().get(queue);
        this.content = content;
        this.overlapping = overlapping;
        this.random = new SplittableRandom(seed + queue);
        this.inFlight = new RingRequest[ring.size()];
        for (int i = 0; i < depth; i++) {
            idle.add(new RingRequest(machine.control(), queue * depth + i));
        }
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        int depth = idle.size();
        while (!givingUp && !(finishing && idle.size() == depth)) {
            while (!finishing && !resting && !idle.isEmpty()) {
                send(idle.remove());
            }
            ring.publish();
            if (idle.size() == depth) {
                rest();
            } else if (!endAll()) {
                awaitInterrupt();
            }
        }
    }

    private void rest() {
        atRest = resting;
        while (resting && !finishing && !givingUp) {
            LockSupport.park(this);
        }
        atRest = false;
    }

    /** @return false when nothing was given back; an interrupt tells when that changes */
    private boolean endAll() {
        boolean any = false;
        for (DriverRing.Used used = ring.take(0); used != null; used = ring.take(0)) {
            end(used);
            any = true;
        }
        return any;
    }

    /** Without a look at the ring meanwhile: an interrupt that gets lost shows. */
    private void awaitInterrupt() {
        while (!givingUp && !ring.awaitInterrupt(TICK_MS)) {
            Thread.onSpinWait();
        }
    }

    private void send(RingRequest request) {
        int count = 1 + random.nextInt(RingRequest.MOST_BLOCKS);
        int first = place(count);
        int kind = random.nextInt(100);
        boolean mayChange = overlapping || content.isSettled(first, count);
        int type = kind < 4 ? BlkRequestType.FLUSH : kind < 30 || !mayChange ? BlkRequestType.IN : change(kind);
        boolean flush = type == BlkRequestType.FLUSH;
        request.begin(type, first, flush ? 0 : count, machine.buffers().enter());
        int piece = LEAST_PIECE + random.nextInt((int) RingRequest.DATA_BYTES);
        long stamp = ((queue + 1L) << 56) + (++sent << 8);
        int head = switch (type) {
            case BlkRequestType.OUT -> request.write(ring, content, stamp, piece);
            case BlkRequestType.IN -> request.read(ring, content, piece);
            case BlkRequestType.DISCARD -> request.zero(ring, content, 0);
            case BlkRequestType.WRITE_ZEROES ->
                request.zero(ring, content, random.nextBoolean() ? BlkDiscardSegment.UNMAP : 0);
            default -> request.flush(ring);
        };
        inFlight[head] = request;
    }

    private static int change(int kind) {
        return kind < 40 ? BlkRequestType.WRITE_ZEROES : kind < 45 ? BlkRequestType.DISCARD : BlkRequestType.OUT;
    }

    /** Where changes may overlap they mostly do; else a place without any is looked for. */
    private int place(int count) {
        if (overlapping && random.nextInt(4) != 0) {
            return random.nextInt(HOT_BLOCKS - count + 1);
        }
        int first = 0;
        for (int i = 0; i < TRIES; i++) {
            first = random.nextInt(content.blocks() - count + 1);
            if (content.isSettled(first, count)) {
                break;
            }
        }
        return first;
    }

    private void end(DriverRing.Used used) {
        RingRequest request = used.head() >= 0 && used.head() < inFlight.length ? inFlight[used.head()] : null;
        if (request == null) {
            throw new LabException(
                    "queue " + queue + ": head " + used.head() + " was given back, but is not in flight");
        }
        inFlight[used.head()] = null;
        request.end(content, used.length());
        idle.add(request);
        completed = completed + 1;
        int behind = servedBehind;
        if (behind >= 0 && ((ring.usedIndex() - behind - 1) & 0xffff) < ring.size()) {
            servedAt = System.nanoTime();
            servedBehind = -1;
        }
    }

    /** A backend is going to serve from here on; see {@link #servedAt}. */
    void expectFrom(int usedIndex) {
        servedAt = 0;
        servedBehind = usedIndex;
    }

    /** When the first request was seen that the last backend has completed; 0 if none was yet. */
    long servedAt() {
        return servedAt;
    }

    long completed() {
        return completed;
    }

    /** Sends nothing more for a while; {@link #isAtRest} when all is answered. */
    void rest(boolean wanted) {
        resting = wanted;
        LockSupport.unpark(thread);
    }

    boolean isAtRest() {
        return atRest;
    }

    /** Sends nothing more; {@link #run} returns when all is answered. */
    void finish() {
        finishing = true;
        LockSupport.unpark(thread);
    }

    void giveUp() {
        givingUp = true;
        LockSupport.unpark(thread);
    }

    Content content() {
        return content;
    }
}
