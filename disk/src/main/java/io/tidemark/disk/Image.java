// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/**
 * Where a disk's bytes lie: an open image file, block device or network image.
 *
 * <p>An image is opened once, with its lock held, and seen by any number of loops through a {@link BlockDevice} each.
 * Its methods may be called from any thread.
 */
public interface Image extends AutoCloseable {
    /** The image as the user named it, for messages: {@code raw:/srv/vm/root.img}. */
    String name();

    Geometry geometry();

    /**
     * Makes the loop's own way to the image. Called on the loop's thread; what it returns is used there only.
     */
    BlockDevice attach(Loop loop);

    /**
     * Where the image holds data, where it reads as zeros: the extent that begins at {@code offset}, which is less than
     * the capacity. It may end early; the caller asks again from its end.
     */
    Extent extentAt(long offset);

    /**
     * The open files by which another process can go on with the image, under the same lock ({@link Images#adopt}); they stay
     * the image's. Empty for a kind of image that must be opened anew.
     */
    default int[] descriptors() {
        return new int[0];
    }

    /** Closes the image and releases its lock. No request may be on its way. */
    @Override
    void close();
}
