// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

/** Feature bits of a block device behind vhost-user (virtio 1.3, 5.2.3 and 6; vhost-user.rst). */
public final class BlkFeatures {
    public static final long RING_INDIRECT_DESC = 1L << 28;
    public static final long RING_EVENT_IDX = 1L << 29;

    private BlkFeatures() {}
}
