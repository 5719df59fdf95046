// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import java.util.List;
import java.util.function.Consumer;

/**
 * An image that lies in a recording, and what works for it besides its loops.
 *
 * @param helpers its threads
 */
record Subject(Image image, List<Helper> helpers) {
    /**
     * A thread of the image.
     *
     * @param behindAll lets it do something, behind all that it was told to do so far
     */
    record Helper(Thread thread, Consumer<Runnable> behindAll) {}

    /** Opens one for writing. */
    @FunctionalInterface
    interface Opener {
        /** @param name whose folder its backing file lies in */
        Subject open(ImageName name, RecordingImage container);
    }
}
