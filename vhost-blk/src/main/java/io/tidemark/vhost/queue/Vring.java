// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.MemorySegment;

/**
 * A ring as the frontend set it up. It was checked against the memory table that the queue was told last: the addresses are
 * mapped, aligned, and long enough for the size.
 *
 * @param size how many descriptors it has; a power of two in a split ring
 * @param descriptors where the descriptor table (or ring) lies, as an address of the frontend's (see
 *     {@link io.tidemark.vhost.memory.GuestMemory#user})
 * @param avail where the avail ring lies, likewise; the driver's event suppression in a packed ring
 * @param used where the used ring lies, likewise; the device's event suppression in a packed ring
 * @param base the avail index to begin with; in a packed ring the avail position, and the used one in the high half
 * @param kickFd the eventfd that the guest kicks, or -1: then the ring must be polled
 * @param callFd the eventfd that interrupts the guest, or -1: then it polls
 * @param errorFd the eventfd that tells the frontend of a broken ring, or -1
 * @param features the virtio features that were negotiated
 * @param inflight memory for the record of requests in flight, see {@link InflightLayout}; null for none
 */
public record Vring(
        int size,
        long descriptors,
        long avail,
        long used,
        int base,
        int kickFd,
        int callFd,
        int errorFd,
        long features,
        MemorySegment inflight) {}
