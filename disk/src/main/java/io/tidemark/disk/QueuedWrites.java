// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.MemorySegment;

/**
 * Writes to an image with many requests on their way at once, for work beside the data path that fills images.
 *
 * <p>Confined to the thread that makes it. It does not close the image.
 */
public final class QueuedWrites implements AutoCloseable {
    private static final long LARGEST_ZEROING = 1L << 30;

    private final Image image;
    private final int bufferSize;
    private final Request[] requests;
    private final int[] free;
    private final RingLoop loop;
    private final BlockDevice device;
    private final MemorySegment memory;
    private int freeCount;
    private ImageException failure;

    /**
     * @param depth how many requests may be on their way
     * @param bufferSize what one write has room for, in bytes; a multiple of a page
     */
    public QueuedWrites(Image image, int depth, int bufferSize) {
        this.image = image;
        this.bufferSize = bufferSize;
        this.requests = new Request[depth];
        this.free = new int[depth];
        for (int i = 0; i < depth; i++) {
            requests[i] = new Request(i, new IoVector(1));
            free[freeCount++] = i;
        }
        this.loop = new RingLoop(depth);
        this.device = image.attach(loop);
        this.memory = NativeMemory.anonymous((long) depth * bufferSize);
    }

    /**
     * The memory of the next write; waits until one is free. The same until {@link #write}.
     *
     * @throws ImageException if a request before it has failed
     */
    public MemorySegment buffer() {
        return memory.asSlice((long) nextFree() * bufferSize, bufferSize);
    }

    /** Writes the beginning of {@link #buffer()}. */
    public void write(long offset, long length) {
        MemorySegment from = buffer();
        Request request = requests[free[--freeCount]];
        request.begin(Request.Kind.WRITE, offset, length);
        request.data().add(from.address(), length);
        submit(request);
    }

    /** Makes a range zero, giving its space back where that is possible. */
    public void zero(long offset, long length) {
        zero(offset, length, true);
    }

    /** Makes a range zero that takes up its space from then on. */
    public void reserve(long offset, long length) {
        zero(offset, length, false);
    }

    private void zero(long offset, long length, boolean unmap) {
        for (long done = 0; done < length; ) {
            long part = Math.min(length - done, LARGEST_ZEROING);
            nextFree();
            Request request = requests[free[--freeCount]];
            request.begin(Request.Kind.WRITE_ZEROES, offset + done, part);
            request.mayUnmap(unmap);
            submit(request);
            done += part;
        }
    }

    /**
     * Waits until nothing is on its way.
     *
     * @throws ImageException if a request has failed
     */
    public void drain() {
        while (freeCount < free.length) {
            loop.await();
        }
        check();
    }

    /** Brings to stable storage what was written before {@link #drain} returned. */
    public void flush() {
        nextFree();
        Request request = requests[free[--freeCount]];
        request.begin(Request.Kind.FLUSH, 0, 0);
        submit(request);
        drain();
    }

    private int nextFree() {
        while (freeCount == 0) {
            loop.await();
        }
        check();
        return free[freeCount - 1];
    }

    private void submit(Request request) {
        request.onCompletion((done, status) -> {
            free[freeCount++] = done.id();
            if (status < 0 && failure == null) {
                failure = new ImageException(
                        ImageException.Code.IO,
                        "image " + image.name() + ": " + done.length() + " bytes at " + done.offset()
                                + " could not be written: " + Libc.describe(-status)
                                + "; free some space, or check the storage below it");
            }
        });
        device.submit(request);
        loop.turn();
    }

    private void check() {
        if (failure != null) {
            throw failure;
        }
    }

    /** Waits for what is on its way; whether that succeeds is for {@link #drain} to say. */
    @Override
    public void close() {
        while (freeCount < free.length) {
            loop.await();
        }
        loop.close();
        NativeMemory.unmap(memory);
    }
}
