// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import java.util.Map;

/**
 * Where a disk's bytes lie: an open image file, block device or network image.
 *
 * <p>An image is opened once, in general with its lock held, and seen by any number of loops through a {@link BlockDevice} each.
 * Its methods may be called from any thread.
 */
public interface Image extends AutoCloseable {
    /** The image as the user named it, for messages: {@code raw:/srv/vm/root.img}. */
    String name();

    /** As it is now: see {@link #resize} and {@link #lock}. */
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

    /** What else is worth knowing of an image of its kind, for people: names and values, in the order to show them in. */
    default Map<String, String> details() {
        return Map.of();
    }

    /**
     * The open files by which another process can go on with the image, under the same lock ({@link Images#adopt}); they stay
     * the image's. Once they were asked for, {@link #close} leaves the lock to them: it goes when nobody has them. Empty for a kind of image that must be opened anew.
     */
    default int[] descriptors() {
        return new int[0];
    }

    /**
     * Lets another process go on with the image under the same lock: all that this one knows of it is in its files from now on. No
     * request may come before {@link #goOn}, and nothing of the image is changed here.
     */
    default void handOver() {}

    /**
     * Goes on with an image that was {@linkplain Images#adopt adopted}, as the other process has left it; or with one that was handed
     * over in vain.
     */
    default void goOn() {}

    /**
     * What of its file would be otherwise if anything else had changed the image since; empty where that can't be told, as of a
     * device.
     */
    default String version() {
        return "";
    }

    /** {@link #version} as it was when the image was opened, or, if that was later, locked. */
    default String versionFound() {
        return "";
    }

    /**
     * Makes the image longer, or, where its length is somebody else's (a block device), takes note of that. Requests may be on
     * their way. The new part of a file reads as zeros.
     *
     * @param capacity the size in bytes; no less than it is now, and of a device no more than it has
     * @throws ImageException with what is wrong and what to do; then nothing has changed
     */
    void resize(long capacity);

    /**
     * Lets another process have the image, as a guest that moves to another host needs it: all that was written can be seen
     * there, and the lock is given up. No request may come before {@link #lock}.
     *
     * @throws ImageException when what was written can't be made to last; the lock is kept then
     */
    void unlock();

    /**
     * Takes the lock again, or for the first time after {@link Images#openUnlocked}. What another process has changed
     * meanwhile is seen, the geometry included.
     *
     * @throws ImageException with IN_USE when another process has it
     */
    void lock();

    /** Closes the image and releases its lock. No request may be on its way. */
    @Override
    void close();
}
