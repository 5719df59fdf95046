// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.ImageException.Code;
import java.util.function.Supplier;

/**
 * The making of an image. Unless it is {@linkplain #complete complete}, closing it removes an image that wasn't there before: it is closed
 * after the image.
 */
public final class Creation implements AutoCloseable {
    private final ImageName name;
    private boolean removes;

    public Creation(ImageName name) {
        this.name = name;
    }

    /** Makes an image that leaves nothing behind when it can't be made. */
    @FunctionalInterface
    public interface Maker<I extends Image> {
        /** @throws ImageException with EXISTS if there is one that may not be replaced */
        I make(boolean replace);
    }

    /** @param replace whether an image that exists may lose its content */
    public <I extends Image> I make(boolean replace, Maker<I> maker) {
        try {
            I image = maker.make(false);
            removes = true;
            return image;
        } catch (ImageException e) {
            if (!replace || e.code() != Code.EXISTS) {
                throw e;
            }
            return maker.make(true);
        }
    }

    /**
     * What is still to be done of an image that is there by now, and wasn't before.
     *
     * @param rest if this fails, the image is removed
     */
    public static <I extends Image> I finish(ImageName name, Supplier<I> rest) {
        try (Creation creation = new Creation(name)) {
            creation.removes = true;
            I image = rest.get();
            creation.complete();
            return image;
        }
    }

    /** The image stays. */
    public void complete() {
        removes = false;
    }

    @Override
    public void close() {
        if (removes) {
            Images.remove(name);
        }
    }
}
