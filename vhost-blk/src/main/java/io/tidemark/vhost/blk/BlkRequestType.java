// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

/** VIRTIO_BLK_T_* (virtio 1.3, 5.2.6). */
public final class BlkRequestType {
    public static final int IN = 0;
    public static final int OUT = 1;
    public static final int FLUSH = 4;
    public static final int GET_ID = 8;
    public static final int DISCARD = 11;
    public static final int WRITE_ZEROES = 13;

    /** How long the answer to {@link #GET_ID} is, in bytes; a shorter id is closed by a zero. */
    public static final int ID_BYTES = 20;

    private BlkRequestType() {}
}
