// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

import io.tidemark.disk.Geometry;

/** How large requests may be: what the device announces, and what its queues are made for. */
public final class BlkLimits {
    /** The queue size that {@link #SEGMENTS} goes by: QEMU's default. */
    public static final int QUEUE_SIZE = 128;

    /** The largest ring that is served. */
    public static final int MAX_QUEUE_SIZE = 1024;

    /** seg_max: data buffers of one request; a chain has a header and a status besides, and fits into the ring. */
    public static final int SEGMENTS = QUEUE_SIZE - 2;

    /** size_max: the longest data buffer, in bytes. */
    public static final int SEGMENT_BYTES = 4 << 20;

    /** max_discard_seg and max_write_zeroes_seg: ranges in one discard or write-zeroes. */
    public static final int DISCARD_SEGMENTS = 32;

    /** Fits every field of the configuration, and leaves room for arithmetic in drivers: 1 TiB. */
    private static final long MAX_SECTORS = 1L << 31;

    private BlkLimits() {}

    /** max_discard_sectors, in sectors; 0 where discards have no effect. */
    public static int discardSectors(Geometry geometry) {
        return sectors(geometry.discard(), geometry);
    }

    /** max_write_zeroes_sectors, in sectors; 0 where there is no write-zeroes. */
    public static int writeZeroesSectors(Geometry geometry) {
        return sectors(geometry.writeZeroes(), geometry);
    }

    private static int sectors(long bytes, Geometry geometry) {
        long limit = Math.min(bytes, (MAX_SECTORS - 1) * Geometry.SECTOR);
        return (int) (limit / geometry.logicalBlock() * geometry.logicalBlock() / Geometry.SECTOR);
    }
}
