// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Image;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.RingLoop;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A loop with many requests on their way, driven by a test. */
final class Lane implements AutoCloseable {
    static final int DEPTH = 12;

    private static final long MOST = 1 << 20;

    private final RingLoop loop = new RingLoop(DEPTH);
    private final BlockDevice device;
    private final Request[] requests = new Request[DEPTH];
    private final int[] free = new int[DEPTH];
    private final MemorySegment memory = NativeMemory.anonymous(DEPTH * MOST, Arena.ofAuto());
    private int freeCount;

    /** Told when a request has ended. */
    @FunctionalInterface
    interface Ended {
        void ended(Request request, int status, MemorySegment data);
    }

    Lane(Image image) {
        device = image.attach(loop);
        for (int id = 0; id < DEPTH; id++) {
            requests[id] = new Request(id, new IoVector(1));
            free[freeCount++] = id;
        }
    }

    boolean hasFree() {
        return freeCount > 0;
    }

    boolean isIdle() {
        return freeCount == DEPTH;
    }

    /** The memory of the next request. */
    MemorySegment data(long length) {
        return memory.asSlice(free[freeCount - 1] * MOST, length);
    }

    void submit(Request.Kind kind, long offset, long length, boolean flag, Ended ended) {
        Request request = requests[free[freeCount - 1]];
        MemorySegment data = data(length);
        freeCount--;
        request.begin(kind, offset, length);
        if (kind == Request.Kind.READ || kind == Request.Kind.WRITE) {
            request.data().add(data.address(), length);
        }
        request.mayUnmap(flag && kind == Request.Kind.WRITE_ZEROES);
        request.durable(flag && kind == Request.Kind.WRITE);
        request.onCompletion((done, status) -> {
            free[freeCount++] = done.id();
            ended.ended(done, status, data);
        });
        device.submit(request);
    }

    /** @param wait whether to wait until there is something to do */
    void turn(boolean wait) {
        if (wait) {
            loop.await();
        } else {
            loop.turn();
        }
    }

    void drain() {
        while (!isIdle()) {
            turn(true);
        }
    }

    @Override
    public void close() {
        loop.close();
    }
}
