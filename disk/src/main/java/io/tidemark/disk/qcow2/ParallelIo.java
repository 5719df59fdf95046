// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.Inbox;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.disk.uring.IoUring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * IO on an image with many requests on their way at once: what is begun together is waited for together. Buffers stay as they are
 * until then.
 *
 * <p>Confined to the thread that makes it. It does not close the image.
 */
final class ParallelIo implements AutoCloseable, Loop {
    private static final int DEPTH = 32;

    /** What one request may cover of a range that is made zero. */
    private static final long LARGEST_ZEROING = 1L << 30;

    private final Image image;
    private final Request[] requests = new Request[DEPTH];
    private final int[] free = new int[DEPTH];
    private final IoUring ring = new IoUring(2 * DEPTH, 2 * DEPTH);
    private final Inbox inbox = new Inbox(ring);
    private final BlockDevice device;
    private final MemorySegment zeros = Arena.ofAuto().allocate(NativeMemory.PAGE, NativeMemory.PAGE);
    private int freeCount;
    private ImageException failure;

    ParallelIo(Image image) {
        this.image = image;
        this.device = image.attach(this);
        for (int id = 0; id < DEPTH; id++) {
            requests[id] = new Request(id, new IoVector(1));
            free[freeCount++] = id;
        }
    }

    /** Begins to read; waits for room, no more. */
    void read(long offset, MemorySegment into) {
        submit(Request.Kind.READ, offset, into.byteSize(), into);
    }

    /** Begins to write. */
    void write(long offset, MemorySegment from) {
        submit(Request.Kind.WRITE, offset, from.byteSize(), from);
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
            submit(Request.Kind.WRITE_ZEROES, at, Math.min(LARGEST_ZEROING, last - at), null);
        }
        writeZeros(last, end);
    }

    private void writeZeros(long from, long to) {
        if (from < to) {
            write(from, zeros.asSlice(0, to - from));
        }
    }

    /** Waits for all that was begun. @throws ImageException with IO, the first of its failures */
    void drain() {
        while (freeCount < DEPTH) {
            await();
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
        submit(Request.Kind.FLUSH, 0, 0, null);
        drain();
    }

    private void submit(Request.Kind kind, long offset, long length, MemorySegment data) {
        while (freeCount == 0) {
            await();
        }
        Request request = requests[free[--freeCount]];
        request.begin(kind, offset, length);
        request.mayUnmap(kind == Request.Kind.WRITE_ZEROES);
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

    private void await() {
        ring.enter(1);
        ring.reap();
    }

    @Override
    public IoUring ring() {
        return ring;
    }

    @Override
    public int requests() {
        return DEPTH;
    }

    @Override
    public void execute(Runnable task) {
        inbox.add(task);
    }

    @Override
    public void close() {
        while (freeCount < DEPTH) {
            await();
        }
        ring.close();
        inbox.close();
    }
}
