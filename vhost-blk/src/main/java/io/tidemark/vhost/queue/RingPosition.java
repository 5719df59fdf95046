// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/**
 * A place in a packed ring: the descriptor's offset in bits 0 to 14, the wrap counter in bit 15, as event suppression and
 * GET_VRING_BASE have it (virtio 1.3, 2.8.14; vhost-user.rst, "Ring states").
 */
final class RingPosition {
    static final int WRAP = 1 << 15;

    private RingPosition() {}

    static int index(int position) {
        return position & (WRAP - 1);
    }

    static boolean wrap(int position) {
        return (position & WRAP) != 0;
    }

    /** The position so many descriptors, at most a lap, further on. */
    static int advance(int position, int descriptors, int size) {
        int next = position + descriptors;
        // The wrap counter is in the way of no carry: an index stays below 2^15.
        return index(position) + descriptors >= size ? next - size ^ WRAP : next;
    }
}
