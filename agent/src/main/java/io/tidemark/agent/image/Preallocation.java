// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.agent.history.Progress;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.QueuedWrites;

/** How much of its space a new image takes at once. */
public enum Preallocation {
    /** None: space is taken when it is written to. */
    OFF,
    /** None; of a qcow2 image, each cluster has its place. */
    METADATA,
    /** All of it, by the fastest way that the storage has to reserve it. */
    FALLOC,
    /** All of it, by writing zeros. */
    FULL;

    private static final int DEPTH = 8;
    private static final int WRITE = 1 << 20;

    /** The same for a qcow2 image, which is made so. */
    public io.tidemark.disk.qcow2.Preallocation ofQcow2() {
        return io.tidemark.disk.qcow2.Preallocation.valueOf(name());
    }

    /**
     * Of a kind of image that has no tables, which is {@link #METADATA}'s matter.
     *
     * @param fresh whether the image reads as zeros already; it does afterwards
     * @throws ImageException with IO where there isn't space enough
     */
    public void apply(Image image, boolean fresh, Progress progress) {
        if (this == OFF && fresh) {
            return;
        }
        long capacity = image.geometry().capacity();
        try (QueuedWrites writes = new QueuedWrites(image, DEPTH, WRITE)) {
            long step = this == FULL ? WRITE : image.geometry().writeZeroes();
            for (long at = 0; at < capacity; at += step) {
                long length = Math.min(step, capacity - at);
                if (this == FULL) {
                    writes.write(at, length); // the buffers are zero from the beginning
                } else if (this == FALLOC) {
                    writes.reserve(at, length);
                } else {
                    writes.zero(at, length);
                }
                progress.at(at + length, capacity);
            }
            writes.drain();
            writes.flush();
        }
    }
}
