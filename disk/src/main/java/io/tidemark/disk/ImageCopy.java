// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/**
 * Copies what one image holds into another, with many requests on their way at once. Zeros are not written, whether the image tells
 * them or they are found in what is read.
 *
 * <p>Confined to the thread that makes it. It does not close the images.
 */
public final class ImageCopy implements AutoCloseable {
    private static final int DEPTH = 16;

    /** What one read covers, in bytes. */
    private static final int PART = 1 << 20;

    /** Zeros are looked for in stretches of so many bytes: smaller ones are not worth a request of their own. */
    private static final int STRETCH = 16 << 10;

    private static final MemorySegment ZEROS = NativeMemory.anonymous(STRETCH);

    private final Image from;
    private final Image to;
    private final boolean fresh;
    private final RingLoop loop = new RingLoop(DEPTH);
    private final BlockDevice source;
    private final BlockDevice target;
    private final MemorySegment memory = NativeMemory.anonymous((long) DEPTH * PART);
    private final Part[] parts = new Part[DEPTH];
    private final int[] free = new int[DEPTH];
    private int freeCount;
    private long written;
    private ImageException failure;

    /** @param fresh whether the target reads as zeros already, so that only what isn't zero must be written */
    public ImageCopy(Image from, Image to, boolean fresh) {
        this.from = from;
        this.to = to;
        this.fresh = fresh;
        this.source = from.attach(loop);
        this.target = to.attach(loop);
        for (int i = 0; i < DEPTH; i++) {
            parts[i] = new Part(i);
            free[freeCount++] = i;
        }
    }

    /**
     * Copies all of it, and makes it last.
     *
     * @param progress told now and then how many bytes of the disk are done
     * @return how many bytes were written
     * @throws ImageException with IO if a request has failed
     */
    public long run(LongConsumer progress) {
        long capacity = from.geometry().capacity();
        for (long at = 0; at < capacity; ) {
            Extent extent = from.extentAt(at);
            long most = extent.isData() ? PART : to.geometry().writeZeroes();
            while (at < extent.end()) {
                // To the next multiple, so that requests stay aligned.
                long length = Math.min(extent.end(), (at / most + 1) * most) - at;
                if (extent.isData() || !fresh) {
                    begin(at, length, extent.isData());
                }
                at += length;
                progress.accept(at);
            }
        }
        drain();
        try (ImageIo io = new ImageIo(to)) {
            io.flush();
        }
        return written;
    }

    private void begin(long offset, long length, boolean data) {
        while (freeCount == 0) {
            loop.await();
        }
        check();
        Part part = parts[free[--freeCount]];
        if (data) {
            part.copy(offset, length);
        } else {
            part.zero(offset, length);
        }
        loop.turn();
    }

    private void drain() {
        while (freeCount < DEPTH) {
            loop.await();
        }
        check();
    }

    private void check() {
        if (failure != null) {
            throw failure;
        }
    }

    /** A stretch of the disk on its way: read, then written run by run. */
    private final class Part {
        private final int id;
        private final Request read;
        private final Request write;
        private final MemorySegment buffer;
        private long offset;
        private int length;
        private int done;

        Part(int id) {
            this.id = id;
            this.read = new Request(id, new IoVector(1));
            this.write = new Request(id, new IoVector(1));
            this.buffer = memory.asSlice((long) id * PART, PART);
        }

        void copy(long at, long bytes) {
            offset = at;
            length = (int) bytes;
            done = 0;
            read.begin(Request.Kind.READ, at, bytes);
            read.data().add(buffer.address(), bytes);
            read.onCompletion((request, status) -> {
                if (status < 0) {
                    failed(from, request, status);
                } else {
                    next();
                }
            });
            source.submit(read);
        }

        void zero(long at, long bytes) {
            length = 0;
            done = 0;
            zeroes(at, bytes);
        }

        private void zeroes(long at, long bytes) {
            write.begin(Request.Kind.WRITE_ZEROES, at, bytes);
            write.mayUnmap(true);
            submit();
        }

        /** The next run of zeros or of others. */
        private void next() {
            while (done < length) {
                int begin = done;
                boolean zero = isZero(begin);
                do {
                    done = Math.min(length, done + STRETCH);
                } while (done < length && isZero(done) == zero);
                if (!zero) {
                    written += done - begin;
                    write.begin(Request.Kind.WRITE, offset + begin, done - begin);
                    write.data().add(buffer.address() + begin, done - begin);
                    submit();
                    return;
                }
                if (!fresh) {
                    zeroes(offset + begin, done - begin);
                    return;
                }
            }
            free[freeCount++] = id;
        }

        private boolean isZero(int at) {
            int bytes = Math.min(STRETCH, length - at);
            return MemorySegment.mismatch(buffer, at, at + bytes, ZEROS, 0, bytes) < 0;
        }

        private void submit() {
            write.onCompletion((request, status) -> {
                if (status < 0) {
                    failed(to, request, status);
                } else {
                    next();
                }
            });
            target.submit(write);
        }

        private void failed(Image image, Request request, int status) {
            if (failure == null) {
                failure = ImageException.of(image.name(), request.kind(), request.offset(), request.length(), status);
            }
            free[freeCount++] = id;
        }
    }

    /** Waits for what is on its way. */
    @Override
    public void close() {
        while (freeCount < DEPTH) {
            loop.await();
        }
        loop.close();
        NativeMemory.unmap(memory);
    }
}
