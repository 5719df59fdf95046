// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

/** {@code struct virtio_blk_discard_write_zeroes} (virtio 1.3, 5.2.6). */
public final class BlkDiscardSegment {
    public static final int SIZE = 16;
    public static final long SECTOR = 0;
    public static final long NUM_SECTORS = 8;
    public static final long FLAGS = 12;

    public static final int F_UNMAP = 1;

    private BlkDiscardSegment() {}
}
