// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

import io.tidemark.disk.Geometry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** struct virtio_blk_config, little endian (virtio 1.3, 5.2.4). */
public final class BlkConfig {
    public static final int CAPACITY = 0;
    public static final int SIZE_MAX = 8;
    public static final int SEG_MAX = 12;
    public static final int GEOMETRY = 16;
    public static final int BLK_SIZE = 20;
    public static final int PHYSICAL_BLOCK_EXP = 24;
    public static final int ALIGNMENT_OFFSET = 25;
    public static final int MIN_IO_SIZE = 26;
    public static final int OPT_IO_SIZE = 28;
    public static final int WRITEBACK = 32;
    public static final int NUM_QUEUES = 34;
    public static final int MAX_DISCARD_SECTORS = 36;
    public static final int MAX_DISCARD_SEG = 40;
    public static final int DISCARD_SECTOR_ALIGNMENT = 44;
    public static final int MAX_WRITE_ZEROES_SECTORS = 48;
    public static final int MAX_WRITE_ZEROES_SEG = 52;
    public static final int WRITE_ZEROES_MAY_UNMAP = 56;
    public static final int SIZE = 60;

    private BlkConfig() {}

    /** The configuration of a device on such an image. */
    public static byte[] of(Geometry geometry, int queues, boolean writeback) {
        int blocks = Math.max(1, geometry.physicalBlock() / geometry.logicalBlock());
        ByteBuffer config = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        config.putLong(CAPACITY, geometry.capacity() / Geometry.SECTOR);
        config.putInt(SIZE_MAX, BlkLimits.SEGMENT_BYTES);
        config.putInt(SEG_MAX, BlkLimits.SEGMENTS);
        config.putInt(BLK_SIZE, geometry.logicalBlock());
        config.put(PHYSICAL_BLOCK_EXP, (byte) (Integer.SIZE - 1 - Integer.numberOfLeadingZeros(blocks)));
        config.putShort(MIN_IO_SIZE, (short) blocks);
        config.put(WRITEBACK, (byte) (writeback ? 1 : 0));
        config.putShort(NUM_QUEUES, (short) queues);
        long features = BlkFeatures.offered(geometry);
        if (BlkFeatures.has(features, BlkFeatures.DISCARD)) {
            config.putInt(MAX_DISCARD_SECTORS, BlkLimits.discardSectors(geometry));
            config.putInt(MAX_DISCARD_SEG, BlkLimits.DISCARD_SEGMENTS);
            config.putInt(DISCARD_SECTOR_ALIGNMENT, geometry.logicalBlock() / Geometry.SECTOR);
        }
        if (BlkFeatures.has(features, BlkFeatures.WRITE_ZEROES)) {
            config.putInt(MAX_WRITE_ZEROES_SECTORS, BlkLimits.writeZeroesSectors(geometry));
            config.putInt(MAX_WRITE_ZEROES_SEG, BlkLimits.DISCARD_SEGMENTS);
            config.put(WRITE_ZEROES_MAY_UNMAP, (byte) (BlkFeatures.has(features, BlkFeatures.DISCARD) ? 1 : 0));
        }
        return config.array();
    }
}
