// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

import io.tidemark.disk.Geometry;
import java.util.Arrays;

/**
 * The block device as a frontend configures it: what it offers, its configuration space, and whether it may cache writes.
 *
 * <p>The guest's choice of write cache outlives connections: a frontend that reconnects does not read the configuration
 * again, and its guest goes by what it chose. Belongs to the connection's thread.
 */
public final class BlkDevice {
    private final int queues;

    /** Replaced by whoever {@linkplain #resized resizes} the image; how often that was. */
    private volatile Geometry geometry;

    private volatile int sizes;
    private boolean writeback = true;
    private long negotiated;

    /** @param queues how many queues there are, at least 1 */
    public BlkDevice(Geometry geometry, int queues) {
        this.geometry = geometry;
        this.queues = queues;
    }

    /** The image has another size now. May be called by any thread. */
    public synchronized void resized(Geometry now) {
        geometry = now;
        sizes++;
    }

    /** How many sizes it has had before this one: changes with each. */
    public int sizes() {
        return sizes;
    }

    public long offeredFeatures() {
        return BlkFeatures.offered(geometry);
    }

    /** The features that driver and frontend took, 0 before they did. */
    public void negotiated(long features) {
        negotiated = features;
        if (BlkFeatures.has(features, BlkFeatures.CONFIG_WCE) && !BlkFeatures.has(features, BlkFeatures.FLUSH)) {
            writeback = false; // virtio 1.3, 5.2.5.2
        }
    }

    /** Whether completed writes may lie in a volatile cache until a flush: only for a driver that can flush (5.2.6.2). */
    public boolean mayCacheWrites() {
        return BlkFeatures.has(negotiated, BlkFeatures.FLUSH)
                && (writeback || !BlkFeatures.has(negotiated, BlkFeatures.CONFIG_WCE));
    }

    /** A part of the configuration space; zeros beyond its end, for the fields of features that aren't offered. */
    public byte[] config(int offset, int length) {
        byte[] all = BlkConfig.of(geometry, queues, writeback);
        return Arrays.copyOfRange(Arrays.copyOf(all, offset + length), offset, offset + length);
    }

    /**
     * Writes a part of the configuration space, of which only the write cache can be changed (5.2.4).
     *
     * @return false when anything else would change, or the write cache may not
     */
    public boolean config(int offset, byte[] data) {
        byte[] wanted = config(offset, data.length);
        int place = BlkConfig.WRITEBACK - offset;
        boolean covered = place >= 0 && place < data.length;
        byte mode = covered ? data[place] : (byte) (writeback ? 1 : 0);
        if (covered) {
            wanted[place] = mode;
        }
        if (!Arrays.equals(wanted, data) || (mode & ~1) != 0) {
            return false;
        }
        if ((mode == 1) != writeback && !BlkFeatures.has(negotiated, BlkFeatures.CONFIG_WCE)) {
            return false;
        }
        writeback = mode == 1;
        return true;
    }
}
