// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import java.lang.foreign.MemorySegment;

/**
 * Plain blocking IO on an image, for work beside the data path: reading the disk into its history, restoring, tests.
 *
 * <p>Confined to the thread that makes it. It does not close the image.
 */
public final class ImageIo implements AutoCloseable {
    private final Image image;
    private final RingLoop loop = new RingLoop(1);
    private final Request request = new Request(0, new IoVector(1));
    private final BlockDevice device;
    private int status;
    private boolean pending;

    public ImageIo(Image image) {
        this.image = image;
        this.device = image.attach(loop);
    }

    /** Fills the segment from the image. @throws ImageException with IO */
    public void read(long offset, MemorySegment into) {
        request.begin(Request.Kind.READ, offset, into.byteSize());
        request.data().add(into.address(), into.byteSize());
        run();
    }

    /** Writes the segment to the image. @throws ImageException with IO */
    public void write(long offset, MemorySegment from) {
        request.begin(Request.Kind.WRITE, offset, from.byteSize());
        request.data().add(from.address(), from.byteSize());
        run();
    }

    /** Makes a range zero, giving its space back where that is possible. @throws ImageException with IO */
    public void zero(long offset, long length) {
        request.begin(Request.Kind.WRITE_ZEROES, offset, length);
        request.mayUnmap(true);
        run();
    }

    /** Brings all that was written to stable storage. @throws ImageException with IO */
    public void flush() {
        request.begin(Request.Kind.FLUSH, 0, 0);
        run();
    }

    private void run() {
        pending = true;
        request.onCompletion((done, result) -> {
            status = result;
            pending = false;
        });
        device.submit(request);
        while (pending) {
            loop.await();
        }
        if (status < 0) {
            throw ImageException.of(image.name(), request.kind(), request.offset(), request.length(), status);
        }
    }

    @Override
    public void close() {
        loop.close();
    }
}
