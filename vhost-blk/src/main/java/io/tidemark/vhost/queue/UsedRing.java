// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/** {@code struct virtq_used} (virtio 1.3, 2.7.8): written by the device, read by the driver. */
final class UsedRing {
    static final long FLAGS = 0;
    static final long IDX = 2;
    static final long RING = 4;
    static final int ENTRY = 8;
    static final long ENTRY_ID = 0;
    static final long ENTRY_LEN = 4;

    static final int F_NO_NOTIFY = 1;

    private UsedRing() {}

    static long availEvent(int size) {
        return RING + (long) ENTRY * size;
    }

    static long bytes(int size) {
        return availEvent(size) + 2;
    }
}
