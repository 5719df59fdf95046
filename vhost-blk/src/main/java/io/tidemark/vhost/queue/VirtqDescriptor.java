// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/** {@code struct virtq_desc} (virtio 1.3, 2.7.5). Little endian. */
final class VirtqDescriptor {
    static final int SIZE = 16;
    static final long ADDR = 0;
    static final long LEN = 8;
    static final long FLAGS = 12;
    static final long NEXT = 14;

    static final int F_NEXT = 1;
    static final int F_WRITE = 2;
    static final int F_INDIRECT = 4;

    private VirtqDescriptor() {}
}
