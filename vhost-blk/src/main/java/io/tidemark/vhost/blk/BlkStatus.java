// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

/** VIRTIO_BLK_S_*: the byte that closes a request (virtio 1.3, 5.2.6). */
public final class BlkStatus {
    public static final byte OK = 0;
    public static final byte IOERR = 1;
    public static final byte UNSUPP = 2;

    private BlkStatus() {}
}
