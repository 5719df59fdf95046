// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.RingLoop;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * IO on an image with many requests on their way at once: what is begun together is waited for together. Buffers stay as they are
 * until then.
 *
 * <p>Confined to the thread that makes it. It does not close the image.
 */
final class ParallelIo implements AutoCloseable {
    private static final int DEPTH = 32;

    /** What one request may cover of a range that is made zero. */
    private static final long LARGEST_ZEROING = 1L << 30;

    private final Image image;
    private final Request[] requests = new Request[DEPTH];
    private final int[] free = new int[DEPTH];
    private final RingLoop loop = new RingLoop(DEPTH);
    private final BlockDevice device;
    private final MemorySegment zeros = Arena.ofAuto().allocate(NativeMemory.PAGE, NativeMemory.PAGE);
    private int freeCount;
    private ImageException failure;

    ParallelIo(Image image) {
        this.image = image;
        this.device = image.attach(loop);
        for (int id = 0; id < DEPTH; id++) {
            requests[id] = new Request(id, new IoVector(1));
            free[freeCount++] = id;
        }
    }

    /** The image's, in bytes, as it is now. */
    long capacity() {
        return image.geometry().capacity();
    }

    /** Begins to read; waits for room, no more. */
    void read(long offset, MemorySegment into) {
        submit(Request.Kind.READ, offset, into.byteSize(), false, into);
    }

    /** Begins to write. */
    void write(long offset, MemorySegment from) {
        submit(Request.Kind.WRITE, offset, from.byteSize(), false, from);
    }

    /**
     * Begins to make a range zero, giving its space back where that is possible. What isn't a whole page is written: the kernel would
     * make a part of a page zero in its cache, beside what goes past that.
     */
    void zero(long offset, long length) {
        long end = offset + length;
        long first = Math.min(end, (offset + NativeMemory.PAGE - 1) & -NativeMemory.PAGE);
        long last = Math.max(first, end & -NativeMemory.PAGE);
        writeZeros(offset, first);
        for (long at = first; at < last; at += LARGEST_ZEROING) {
            submit(Request.Kind.WRITE_ZEROES, at, Math.min(LARGEST_ZEROING, last - at), true, null);
        }
        writeZeros(last, end);
    }

    /** Begins to have a range zero, with space of its own. */
    void allocate(long offset, long length) {
        submit(Request.Kind.WRITE_ZEROES, offset, length, false, null);
    }

    /** Begins to write zeros to a range. */
    void fill(long offset, long length) {
        for (long at = offset; at < offset + length; at += NativeMemory.PAGE) {
            writeZeros(at, Math.min(offset + length, at + NativeMemory.PAGE));
        }
    }

    private void writeZeros(long from, long to) {
        if (from < to) {
            write(from, zeros.asSlice(0, to - from));
        }
    }

    /** Waits for all that was begun. @throws ImageException with IO, the first of its failures */
    void drain() {
        while (freeCount < DEPTH) {
            loop.await();
        }
        ImageException failed = failure;
        failure = null;
        if (failed != null) {
            throw failed;
        }
    }

    /** Waits for all that was begun, and brings it and all that was written before to stable storage. */
    void flush() {
        drain();
        submit(Request.Kind.FLUSH, 0, 0, false, null);
        drain();
    }

    private void submit(Request.Kind kind, long offset, long length, boolean unmap, MemorySegment data) {
        while (freeCount == 0) {
            loop.await();
        }
        Request request = requests[free[--freeCount]];
        request.begin(kind, offset, length);
        request.mayUnmap(unmap);
        if (data != null) {
            request.data().add(data.address(), data.byteSize());
        }
        request.onCompletion(this::completed);
        device.submit(request);
    }

    private void completed(Request request, int status) {
        free[freeCount++] = request.id();
        if (status < 0 && failure == null) {
            failure = ImageException.of(image.name(), request.kind(), request.offset(), request.length(), status);
        }
    }

    @Override
    public void close() {
        while (freeCount < DEPTH) {
            loop.await();
        }
        loop.close();
    }
}
