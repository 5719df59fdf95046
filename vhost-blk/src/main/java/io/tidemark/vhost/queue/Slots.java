// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.vhost.blk.BlkLimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A loop's slots, of which each request on its way has one. The loop's own, but for {@link #oldest}. */
final class Slots {
    static final int COUNT = BlkLimits.MAX_QUEUE_SIZE;

    /** Buffers that cross a border between memory regions take two entries. */
    private static final int VECTOR_CAPACITY = BlkLimits.SEGMENTS + 8;

    private final Slot[] slots = new Slot[COUNT];
    private final int[] free = new int[COUNT];
    private int freeCount;

    /** All are free. */
    Slots() {
        long vectorBytes = IoVector.tableBytes(VECTOR_CAPACITY);
        // Untouched until used: a guest with a small queue costs few pages.
        MemorySegment vectors = NativeMemory.anonymous(vectorBytes * COUNT, Arena.ofAuto());
        for (int id = 0; id < COUNT; id++) {
            slots[id] = new Slot(id, new IoVector(vectors.asSlice(id * vectorBytes, vectorBytes)));
            free[freeCount++] = COUNT - 1 - id;
        }
    }

    /** How many are free. */
    int free() {
        return freeCount;
    }

    /** The one that would be taken next; it stays free. */
    Slot next() {
        return slots[free[freeCount - 1]];
    }

    Slot get(int id) {
        return slots[id];
    }

    /** Takes {@link #next}. @param now System.nanoTime */
    void take(Slot next, long now) {
        freeCount--;
        next.takenAt(now);
    }

    void release(Slot slot) {
        slot.takenAt(Slot.NOT_TAKEN);
        free[freeCount++] = slot.request.id();
    }

    /** Counts what is free and on its way anew, after an error that may have struck between two steps. */
    void recount(Generations generations) {
        freeCount = 0;
        generations.recount();
        for (Slot slot : slots) {
            if (slot.takenAt() == Slot.NOT_TAKEN) {
                free[freeCount++] = slot.request.id();
            } else {
                generations.count(slot.generation);
            }
        }
        generations.recounted();
    }

    /** How long ago the oldest request was taken that is still on its way, in nanoseconds; 0 if there is none. From any thread. */
    long oldest() {
        long now = System.nanoTime();
        long oldest = 0;
        for (Slot slot : slots) {
            long takenAt = slot.takenAt();
            if (takenAt != Slot.NOT_TAKEN) {
                oldest = Math.max(oldest, now - takenAt);
            }
        }
        return oldest;
    }
}
