// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.cdp.read.RestoreTarget;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageIo;
import java.lang.foreign.MemorySegment;

/** An image that a past disk is written to. */
final class ImageTarget implements RestoreTarget {
    private final ImageIo io;
    private final boolean fresh;

    ImageTarget(Image image, ImageIo io) {
        this.io = io;
        Extent first = image.extentAt(0);
        this.fresh = first.sort() == Extent.Sort.HOLE
                && first.length() == image.geometry().capacity();
    }

    @Override
    public boolean isFresh() {
        return fresh;
    }

    @Override
    public void write(long offset, MemorySegment content) {
        io.write(offset, content);
    }

    @Override
    public void zero(long offset, long length) {
        io.zero(offset, length);
    }

    @Override
    public void flush() {
        io.flush();
    }
}
