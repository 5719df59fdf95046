// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/** {@code struct virtq_avail} (virtio 1.3, 2.7.6): written by the driver, read by the device. */
final class AvailRing {
    static final long FLAGS = 0;
    static final long IDX = 2;
    static final long RING = 4;
    static final int ENTRY = 2;

    static final int F_NO_INTERRUPT = 1;

    private AvailRing() {}

    static long usedEvent(int size) {
        return RING + (long) ENTRY * size;
    }

    static long bytes(int size) {
        return usedEvent(size) + 2;
    }
}
