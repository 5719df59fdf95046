// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.WaitingRequests;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Aligned stand-ins for data buffers that O_DIRECT refuses: a loop's few large ones, one request each. Firmware and odd
 * drivers need them, ordinary guests hardly ever; so when all are taken, requests queue up for them.
 */
final class BounceBuffers {
    private static final int COUNT = 8;

    /** The largest request that is bounced; a larger one that is misaligned goes through the page cache. */
    static final long BYTES = 16L << 20;

    private final IoVector[] byRequest;
    private final MemorySegment[] buffers = new MemorySegment[COUNT];
    private final IoVector[] vectors = new IoVector[COUNT];
    private final int[] free = new int[COUNT];
    private final int[] bufferOf;
    private final WaitingRequests waiting;
    private int freeCount = COUNT;

    BounceBuffers(int requests) {
        byRequest = new IoVector[requests];
        bufferOf = new int[requests];
        waiting = new WaitingRequests(requests);
        for (int i = 0; i < COUNT; i++) {
            free[i] = i;
            vectors[i] = new IoVector(1);
        }
    }

    /** The buffers to use for a request: its own, or the ones that stand in for them. */
    IoVector dataOf(Request request) {
        IoVector bounce = byRequest[request.id()];
        return bounce == null ? request.data() : bounce;
    }

    boolean hasFree() {
        return freeCount > 0;
    }

    /** Lets the request wait for a buffer: {@link #next} gives it back. */
    void queue(Request request) {
        waiting.add(request);
    }

    /** The request that has waited longest, if there is a buffer for it; else null. */
    Request next() {
        return freeCount == 0 ? null : waiting.next();
    }

    /**
     * Gives the request a free buffer, filled if it is a write.
     *
     * @return false where the guest's memory has vanished: the request has no buffer, and no content to write
     */
    boolean assign(Request request) {
        int buffer = free[freeCount - 1];
        if (buffers[buffer] == null) {
            buffers[buffer] = NativeMemory.anonymous(BYTES, Arena.ofAuto());
        }
        long address = buffers[buffer].address();
        if (request.kind() == Request.Kind.WRITE && !request.data().copyTo(address)) {
            return false;
        }
        freeCount--;
        vectors[buffer].clear();
        vectors[buffer].add(address, request.length());
        bufferOf[request.id()] = buffer;
        byRequest[request.id()] = vectors[buffer];
        return true;
    }

    /**
     * Ends a request's use of its buffer, if it had one; what was read reaches the request's own buffers.
     *
     * @return false where the guest's memory has vanished, so that it didn't
     */
    boolean release(Request request, int status) {
        int id = request.id();
        if (byRequest[id] == null) {
            return true;
        }
        int buffer = bufferOf[id];
        byRequest[id] = null;
        free[freeCount++] = buffer;
        boolean read = status == 0 && request.kind() == Request.Kind.READ;
        return !read || request.data().copyFrom(buffers[buffer].address());
    }
}
