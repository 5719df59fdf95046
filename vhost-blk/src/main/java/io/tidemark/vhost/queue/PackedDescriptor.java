// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/** {@code struct pvirtq_desc} (virtio 1.3, 2.8.13): written by the driver, overwritten by the device. Little endian. */
final class PackedDescriptor {
    static final int SIZE = 16;
    static final long ADDR = 0;
    static final long LEN = 8;
    static final long ID = 12;
    static final long FLAGS = 14;

    static final int F_AVAIL = 1 << 7;
    static final int F_USED = 1 << 15;

    private PackedDescriptor() {}

    /** What the two flags are in a descriptor that the driver has made available in a lap with this wrap counter. */
    static int available(boolean wrap) {
        return wrap ? F_AVAIL : F_USED;
    }

    /** What they are in one that the device has used. */
    static int used(boolean wrap) {
        return wrap ? F_AVAIL | F_USED : 0;
    }

    static boolean isAvailable(int flags, boolean wrap) {
        return (flags & (F_AVAIL | F_USED)) == available(wrap);
    }
}
