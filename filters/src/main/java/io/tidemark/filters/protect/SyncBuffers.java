// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** The few buffers that a sync reads into: while the log has them all, the sync waits. */
final class SyncBuffers {
    static final int SIZE = 256 << 10;
    private static final int COUNT = 4;
    private static final int PAGE = 4096;

    private final BlockingQueue<MemorySegment> free = new ArrayBlockingQueue<>(COUNT);

    SyncBuffers() {
        for (int i = 0; i < COUNT; i++) {
            replace();
        }
    }

    /** Null if none comes back within that time. */
    MemorySegment take(long millis) throws InterruptedException {
        return free.poll(millis, TimeUnit.MILLISECONDS);
    }

    /** In place of one that will not be given back. */
    void replace() {
        free.add(Arena.ofAuto().allocate(SIZE, PAGE));
    }

    void giveBack(MemorySegment buffer) {
        free.add(buffer);
    }
}
