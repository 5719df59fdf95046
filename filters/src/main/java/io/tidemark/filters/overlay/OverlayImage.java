// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.Loop;
import io.tidemark.filters.range.RangeLock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * A disk that shows content that never changes, with what was written since in an overlay: an image of the same size, and a
 * bit for each sector that lies there. Opening one costs nothing, however large it is.
 *
 * <p>An overlay that is <i>kept</i> has its bits in a file, and can be opened again on the same origin, also after a crash
 * or a power cut. It can be <i>filled</i> meanwhile: then the image holds all of the disk in the end, and needs nobody any more.
 */
public final class OverlayImage implements Image {
    /** Where the origin is read and decompressed; more than one, so that a guest's reads overlap. */
    private static final int THREADS = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);

    private final Origin origin;
    private final Image overlay;
    private final OverlayBits bits;
    private final boolean readOnly;
    private final RangeLock ranges = new RangeLock();
    private final OverlayWork work;
    private final OverlayFill fill;

    private OverlayImage(
            String disk, Origin origin, Image overlay, OverlayBits bits, boolean readOnly, boolean filled) {
        this.origin = origin;
        this.overlay = overlay;
        this.bits = bits;
        this.readOnly = readOnly;
        this.work = new OverlayWork(disk, origin, overlay, bits, THREADS);
        this.fill = filled ? new OverlayFill(disk, origin, overlay, bits, ranges) : null;
    }

    /**
     * Over an image that is thrown away afterwards, by its owner.
     *
     * @param disk the disk's id, for thread names and messages
     * @param overlay holes alone; closed with this image, as is the origin
     * @param readOnly whether the disk takes no changes at all
     */
    public static OverlayImage passing(String disk, Origin origin, Image overlay, boolean readOnly) {
        return new OverlayImage(disk, origin, overlay, new OverlayBits.Passing(origin.capacity()), readOnly, false);
    }

    /** Makes the file of the bits for {@link #kept}; an image that holds nothing yet belongs to it. */
    public static void prepare(Origin origin, Path map) throws IOException {
        KeptBits.create(map, origin.name(), origin.capacity()).close();
    }

    /** Whether this is the map of an image that is kept: while it is there, that image is no whole one. */
    public static boolean isMap(Path file) throws IOException {
        return KeptBits.isKnown(file);
    }

    /**
     * Over an image that is kept.
     *
     * @param map the file of the bits
     * @param filled whether all of the origin is copied into the image meanwhile; then the map is deleted
     * @throws io.tidemark.filters.FilterException when the map belongs to another origin
     */
    public static OverlayImage kept(String disk, Origin origin, Image overlay, Path map, boolean filled)
            throws IOException {
        return new OverlayImage(
                disk, origin, overlay, KeptBits.open(map, origin.name(), origin.capacity()), false, filled);
    }

    @Override
    public String name() {
        return origin.name();
    }

    @Override
    public Geometry geometry() {
        Geometry of = overlay.geometry();
        return new Geometry(
                origin.capacity(), Geometry.SECTOR, of.physicalBlock(), readOnly, of.discard(), of.writeZeroes());
    }

    @Override
    public BlockDevice attach(Loop loop) {
        return new OverlayDevice(loop, overlay.attach(loop), bits.map(), ranges, work);
    }

    @Override
    public Extent extentAt(long offset) {
        long capacity = origin.capacity();
        long clear = bits.map().nextClear(offset, capacity);
        if (clear > offset) {
            Extent extent = overlay.extentAt(offset);
            return new Extent(offset, Math.min(extent.end(), clear) - offset, extent.sort());
        }
        long set = bits.map().nextSet(offset, capacity);
        try (Origin.Reader reader = origin.open()) {
            Extent extent = reader.extentAt(offset);
            return new Extent(offset, Math.min(extent.end(), set) - offset, extent.sort());
        }
    }

    /** How many bytes from the beginning don't show the origin any more; empty if it isn't being filled. */
    public OptionalLong filled() {
        return fill == null ? OptionalLong.empty() : OptionalLong.of(fill.filled());
    }

    @Override
    public void resize(long capacity) {
        throw new ImageException(
                ImageException.Code.UNSUPPORTED,
                name() + ": a disk as it was has the size that it had: keep it as an image, and resize that");
    }

    @Override
    public void unlock() {
        overlay.unlock();
    }

    @Override
    public void lock() {
        overlay.lock();
    }

    @Override
    public void close() {
        if (fill != null) {
            fill.close();
        }
        work.close();
        bits.close();
        overlay.close();
        origin.close();
    }
}
