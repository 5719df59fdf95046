// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageIo;
import io.tidemark.filters.protect.DiskReader;
import java.lang.foreign.MemorySegment;

/** Reads an image beside its guest, by an io_uring that is made on the reading thread when it is first needed. */
final class ImageReader implements DiskReader {
    private final Image image;
    private ImageIo io;

    ImageReader(Image image) {
        this.image = image;
    }

    @Override
    public long capacity() {
        return image.geometry().capacity();
    }

    @Override
    public Extent extentAt(long offset) {
        return image.extentAt(offset);
    }

    @Override
    public void read(long offset, MemorySegment into) {
        io().read(offset, into);
    }

    @Override
    public void flush() {
        io().flush();
    }

    private ImageIo io() {
        if (io == null) {
            io = new ImageIo(image);
        }
        return io;
    }
}
