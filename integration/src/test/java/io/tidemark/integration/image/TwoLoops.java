// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Image;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.RingLoop;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.integration.process.LabException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Sends requests to an image over two loops with a ring each, many at once. One thread is both loops. */
final class TwoLoops implements AutoCloseable {
    static final int LARGEST = 1 << 19;
    private static final int DEPTH = 16;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

    /**
     * A request to be sent.
     *
     * @param value what is written, or read into when it is a read, by byte
     * @param unmap of a write-zeroes
     */
    record Job(Request.Kind kind, long offset, int length, int value, boolean unmap) {}

    /** Told of each job when it is complete. */
    @FunctionalInterface
    interface Ended {
        /** @param data the bytes of a read or write */
        void ended(Job job, Request request, MemorySegment data, int status);
    }

    private static final class Side {
        final RingLoop loop = new RingLoop(DEPTH);
        final Deque<Request> idle = new ArrayDeque<>();
        final BlockDevice device;

        Side(Image image) {
            device = image.attach(loop);
            for (int id = 0; id < DEPTH; id++) {
                idle.add(new Request(id, new IoVector(2)));
            }
        }
    }

    private final Side[] sides;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment[] buffers = new MemorySegment[2 * DEPTH];
    private int outstanding;

    TwoLoops(Image image) {
        sides = new Side[] {new Side(image), new Side(image)};
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = arena.allocate(LARGEST, NativeMemory.PAGE);
        }
    }

    /** Sends all, and returns when they are complete. Those that are together on their way must not overlap. */
    void run(List<Job> jobs, Ended ended) {
        long deadline = System.nanoTime() + PATIENCE;
        int next = 0;
        while (next < jobs.size() || outstanding > 0) {
            for (int i = 0; i < sides.length; i++) {
                while (next < jobs.size() && next % 2 == i && !sides[i].idle.isEmpty()) {
                    send(i, jobs.get(next++), ended);
                }
                sides[i].loop.turn();
            }
            if (System.nanoTime() > deadline) {
                throw new LabException("stuck: " + outstanding + " requests are never answered");
            }
            Thread.yield();
        }
    }

    private void send(int side, Job job, Ended ended) {
        Request request = sides[side].idle.remove();
        MemorySegment data = buffers[side * DEPTH + request.id()].asSlice(0, job.length);
        request.begin(job.kind, job.offset, job.length);
        request.mayUnmap(job.unmap);
        if (job.kind == Request.Kind.WRITE || job.kind == Request.Kind.READ) {
            data.fill((byte) job.value);
            request.data().add(data.address(), job.length);
        }
        request.onCompletion((done, status) -> {
            outstanding--;
            sides[side].idle.add(done);
            ended.ended(job, done, data, status);
        });
        outstanding++;
        sides[side].device.submit(request);
    }

    @Override
    public void close() {
        for (Side side : sides) {
            side.loop.close();
        }
        arena.close();
    }
}
