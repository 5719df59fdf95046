// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.qcow2.Qcow2Image;
import io.tidemark.disk.raw.RawImage;
import io.tidemark.disk.rbd.CephImage;

/** Where images are opened and made, whatever their kind. */
public final class Images {
    private Images() {}

    /**
     * Opens an image and takes its lock.
     *
     * @param readOnly whether it is only going to be read; others may then read it too
     * @throws ImageException with what is wrong and what to do
     */
    public static Image open(ImageName name, boolean readOnly) {
        return switch (name.kind()) {
            case RAW -> RawImage.open(name, readOnly);
            case QCOW2 -> Qcow2Image.open(name, readOnly);
            case RBD -> CephImage.open(name, readOnly);
        };
    }

    /** Likewise, without the lock: only its geometry can be asked for before {@link Image#lock}. */
    public static Image openUnlocked(ImageName name, boolean readOnly) {
        return switch (name.kind()) {
            case RAW -> RawImage.openUnlocked(name, readOnly);
            case QCOW2 -> Qcow2Image.openUnlocked(name, readOnly);
            case RBD -> CephImage.openUnlocked(name, readOnly);
        };
    }

    /**
     * Goes on with an image that another process has opened, and shares its lock.
     *
     * @param descriptors the other process's {@link Image#descriptors}, passed to this one; the image's from now on
     * @throws ImageException when they are no image
     */
    public static Image adopt(ImageName name, boolean readOnly, int... descriptors) {
        return switch (name.kind()) {
            case RAW -> RawImage.adopt(name, readOnly, descriptors);
            case QCOW2 -> Qcow2Image.adopt(name, readOnly, descriptors);
            case RBD ->
                throw new ImageException(
                        ImageException.Code.UNSUPPORTED,
                        "image " + name + ": one agent can't hand it to another while it runs; stop that one first");
        };
    }

    /**
     * Makes an empty image, all zeros, and opens it; what can't be made whole isn't there. A block device is taken as it is, if it is
     * large enough.
     *
     * @param capacity its size in bytes
     * @param replace whether an image that exists may lose its content
     * @throws ImageException with what is wrong and what to do
     */
    public static Image create(ImageName name, long capacity, boolean replace) {
        return switch (name.kind()) {
            case RAW -> RawImage.create(name, capacity, replace);
            case QCOW2 -> Qcow2Image.create(name, capacity, replace);
            case RBD -> CephImage.create(name, capacity, replace);
        };
    }

    /** Removes an image that nobody has open: its file, or what it is or lies in in a cluster. */
    public static void remove(ImageName name) {
        name.inCluster().ifPresentOrElse(CephImage::remove, () -> RawImage.remove(name));
    }

    /** Takes the lock of an image that was just opened; closes it where that fails. */
    public static <I extends Image> I locked(I image) {
        try {
            image.lock();
            return image;
        } catch (RuntimeException e) {
            image.close();
            throw e;
        }
    }
}
