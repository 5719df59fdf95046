// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.vhost.memory.DirtyLog;
import io.tidemark.vhost.memory.GuestMemory;

/**
 * Marks what one queue writes into guest memory, while the frontend wants it. Used by the queue's loop, which marks the data
 * and the status of a request before the driver sees it used, and the ring after each change.
 */
public final class RingLog {
    /** For a ring whose own changes are not wanted. */
    public static final long NO_RING = -1;

    private final DirtyLog log;
    private final long usedRing;

    /**
     * @param usedRing the guest address by which the used ring is marked (vhost-user.rst, VHOST_VRING_F_LOG), or
     *     {@link #NO_RING}
     */
    public RingLog(DirtyLog log, long usedRing) {
        this.log = log;
        this.usedRing = usedRing;
    }

    /** A request came back, with its data, all or some of it, if it is a read. */
    void completed(Slot slot) {
        if (slot.request.kind() == Request.Kind.READ) {
            IoVector data = slot.request.data();
            data.rewind();
            for (int i = 0; i < data.count(); i++) {
                mark(slot.memory, data.address(i), data.length(i));
            }
        }
        mark(slot.memory, slot.statusAddress, 1);
    }

    /** A request was answered at once. */
    void answered(DescriptorChain chain, GuestMemory memory) {
        for (int i = chain.firstWritable(); i < chain.pieces(); i++) {
            mark(memory, chain.address(i), chain.length(i));
        }
    }

    /** The ring was written. */
    void changed(Virtqueue ring, GuestMemory memory) {
        if (usedRing != NO_RING) {
            ring.markWritten(log, usedRing, memory);
        }
    }

    /** The ring was told to want kicks, or not to. */
    void wished(Virtqueue ring) {
        if (usedRing != NO_RING) {
            ring.markWish(log, usedRing);
        }
    }

    /** All of it lies in one region. */
    private void mark(GuestMemory memory, long hostAddress, long length) {
        long guestAddress = memory.guestAddress(hostAddress);
        if (guestAddress >= 0) {
            log.mark(guestAddress, length);
        }
    }
}
