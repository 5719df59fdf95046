// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.Request;
import io.tidemark.disk.WaitingRequests;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A loop's buffers of one size, which stand between guest memory and librbd, and the requests that wait for one. The memory takes up
 * none until it is used.
 */
final class StagingBuffers {
    /** What librbd may still write to, though nobody waits for that any more. */
    private static final Queue<StagingBuffers> KEPT = new ConcurrentLinkedQueue<>();

    private final int size;
    private final long address;

    /** Keeps the memory. */
    private final Arena arena = Arena.ofAuto();

    private final int[] free;
    private final WaitingRequests waiting;
    private int freeCount;

    /**
     * @param size of each, in bytes
     * @param requests how many may wait
     */
    StagingBuffers(int size, int count, int requests) {
        this.size = size;
        this.address = NativeMemory.anonymous((long) size * count, arena).address();
        this.free = new int[count];
        for (int i = count - 1; i >= 0; i--) {
            free[freeCount++] = i;
        }
        this.waiting = new WaitingRequests(requests);
    }

    int size() {
        return size;
    }

    boolean hasFree() {
        return freeCount > 0;
    }

    /** Takes a free buffer: the one that was used last. @return its address */
    long take() {
        return address + (long) free[--freeCount] * size;
    }

    void giveBack(long buffer) {
        free[freeCount++] = (int) ((buffer - address) / size);
    }

    /** Lets the request wait: {@link #next} gives it back. */
    void queue(Request request) {
        waiting.add(request);
    }

    /** The request that has waited longest, if there is a buffer for it; else null. */
    Request next() {
        return freeCount == 0 ? null : waiting.next();
    }

    /** The request that has waited longest; null if there is none. */
    Request nextWaiting() {
        return waiting.next();
    }

    /** Keeps the memory for as long as the process lives. By any thread. */
    void keep() {
        KEPT.add(this);
    }
}
