// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

/** The beginning of {@code struct virtio_blk_req} (virtio 1.3, 5.2.6). */
public final class BlkRequestHeader {
    public static final int SIZE = 16;
    public static final long TYPE = 0;
    public static final long SECTOR = 8;

    private BlkRequestHeader() {}
}
