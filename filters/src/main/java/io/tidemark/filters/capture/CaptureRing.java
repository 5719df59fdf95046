// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import com.lmax.disruptor.EventPoller;
import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;

/**
 * The one order of a disk's changes: loops and the protection thread publish, the capture thread polls. Publishing never
 * waits, and allocates nothing.
 */
final class CaptureRing {
    private final ParkingWait wakeUp = new ParkingWait();
    private final RingBuffer<CaptureEvent> ring;
    private final EventPoller<CaptureEvent> poller;

    CaptureRing(int events) {
        this.ring = RingBuffer.createMultiProducer(CaptureEvent::new, events, wakeUp);
        this.poller = ring.newPoller();
        ring.addGatingSequences(poller.getSequence());
    }

    /** False when the ring is full. */
    boolean publishChange(CaptureEvent.Kind kind, long time, long offset, long length, CopyRing copies, int entry) {
        long sequence = claim();
        if (sequence < 0) {
            return false;
        }
        CaptureEvent event = ring.get(sequence);
        event.kind = kind;
        event.time = time;
        event.offset = offset;
        event.length = length;
        event.copies = copies;
        event.entry = entry;
        ring.publish(sequence);
        return true;
    }

    /** False when the ring is full. */
    boolean publishFlush(CaptureEvent.Kind kind, long time, long[] reached, int requestId, FlushWaits.Waiter waiter) {
        long sequence = claim();
        if (sequence < 0) {
            return false;
        }
        CaptureEvent event = ring.get(sequence);
        event.kind = kind;
        event.time = time;
        event.reached = reached;
        event.waiter = waiter;
        event.entry = requestId;
        ring.publish(sequence);
        return true;
    }

    /** False when the ring is full. */
    boolean publishTask(long time, LogTask task) {
        long sequence = claim();
        if (sequence < 0) {
            return false;
        }
        CaptureEvent event = ring.get(sequence);
        event.kind = CaptureEvent.Kind.TASK;
        event.time = time;
        event.task = task;
        ring.publish(sequence);
        return true;
    }

    private long claim() {
        try {
            return ring.tryNext();
        } catch (InsufficientCapacityException full) { // one preallocated instance, without a stack trace
            return -1;
        }
    }

    /** Lets the handler see what is there, until it answers false. By the capture thread. */
    EventPoller.PollState poll(EventPoller.Handler<CaptureEvent> handler) throws Exception {
        return poller.poll(handler);
    }

    /** The last place that was claimed. */
    long cursor() {
        return ring.getCursor();
    }

    /** The last place that was handled. */
    long handled() {
        return poller.getSequence().get();
    }

    /** Whether every claimed event has been handled. */
    boolean isDrained() {
        return backlog() == 0;
    }

    /** How many events are claimed and not yet handled. */
    long backlog() {
        long handled = handled();
        return Math.max(0, cursor() - handled);
    }

    ParkingWait wakeUp() {
        return wakeUp;
    }
}
