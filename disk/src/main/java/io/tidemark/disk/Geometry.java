// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/**
 * What an image is like, found out when it was opened. All sizes are in bytes.
 *
 * @param capacity the disk's size; a multiple of {@code logicalBlock}
 * @param logicalBlock the unit that requests should be multiples of: 512 or 4096
 * @param physicalBlock the unit that the storage writes without reading first
 * @param readOnly whether writes are refused
 * @param discard the largest discard that is served at once, or 0 where discards have no effect
 * @param writeZeroes the largest write-zeroes that is served at once
 */
public record Geometry(
        long capacity, int logicalBlock, int physicalBlock, boolean readOnly, long discard, long writeZeroes) {
    /** The unit of all offsets and lengths in virtio-blk (virtio 1.3, 5.2.4). */
    public static final int SECTOR = 512;

    public Geometry {
        if (capacity < 0 || capacity % SECTOR != 0) {
            throw new IllegalArgumentException("capacity " + capacity + " is no multiple of " + SECTOR);
        }
    }
}
