// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/**
 * A virtqueue as the frontend set it up.
 *
 * @param size number of descriptors, a power of two
 * @param descriptors the descriptor table's address in the frontend's address space, and so on
 * @param avail the avail ring
 * @param used the used ring
 * @param base the avail index to go on from
 * @param kickFd eventfd that the guest kicks by, or -1
 * @param callFd eventfd for interrupts, or -1
 * @param errorFd eventfd for errors, or -1
 * @param features the virtio features that were negotiated
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
        long features) {}
