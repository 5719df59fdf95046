// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;

/** An image that lies in a recording, and the thread that it works with besides its loops. */
interface Subject {
    /** Opens one for writing. */
    @FunctionalInterface
    interface Opener {
        /** @param name whose folder its backing file lies in */
        Subject open(ImageName name, RecordingImage container);
    }

    Image image();

    Thread thread();

    /** Lets the thread do something, behind all that it was told to do so far. */
    void behindAll(Runnable task);
}
