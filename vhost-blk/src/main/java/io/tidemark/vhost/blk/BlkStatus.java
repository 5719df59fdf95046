// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

/** What the status byte of a request says (virtio 1.3, 5.2.6). */
public final class BlkStatus {
    public static final int OK = 0;
    public static final int IOERR = 1;
    public static final int UNSUPP = 2;

    private BlkStatus() {}
}
