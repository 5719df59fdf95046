// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * Notes which requests of a split ring were taken and not yet given back, in memory that the frontend keeps when this
 * process dies (vhost-user.rst, "Inflight I/O tracking"). The next backend finds out what to do again.
 *
 * <p>A process that is killed loses no store that it has executed, so all that counts is the order of the stores; each of the
 * methods says which. Confined to its queue loop. Nothing in the memory is trusted.
 */
final class InflightRecord {

    private final MemorySegment memory;
    private final int size;
    private final int[] batch;
    private int batchCount;
    private int lastBatchHead;
    private long counter;

    /** @param size of the ring; the memory has room for it */
    InflightRecord(MemorySegment memory, int size) {
        this.memory = memory;
        this.size = size;
        this.batch = new int[size];
    }

    /**
     * Reads what the backend before this one left, and makes it good.
     *
     * @param usedIndex the ring's used index: everything before it was given back
     * @return the heads that were taken and not given back, in the order in which they were taken
     */
    int[] recover(int usedIndex) throws BrokenRingException {
        boolean written = memory.get(ValueLayout.JAVA_SHORT, InflightLayout.VERSION) == InflightLayout.CURRENT;
        int descriptors = u16(InflightLayout.DESCRIPTORS);
        if (written && descriptors == size) {
            finishBatch(usedIndex);
        }
        int[] heads = written
                ? IntStream.range(0, Math.min(size, descriptors))
                        .filter(this::isInFlight)
                        .boxed()
                        .sorted((one, other) -> Long.compareUnsigned(counter(one), counter(other)))
                        .mapToInt(Integer::intValue)
                        .toArray()
                : new int[0];
        if (heads.length > 0 && descriptors != size) {
            throw new BrokenRingException(
                    "requests of a ring of " + descriptors + " are in flight, but the ring has " + size);
        }
        counter = heads.length == 0 ? 0 : counter(heads[heads.length - 1]) + 1;
        lastBatchHead = u16(InflightLayout.LAST_BATCH_HEAD) % size;
        memory.set(ValueLayout.JAVA_SHORT, InflightLayout.DESCRIPTORS, (short) size);
        memory.set(ValueLayout.JAVA_SHORT, InflightLayout.USED_INDEX, (short) usedIndex);
        SharedStore.release(memory, InflightLayout.VERSION, InflightLayout.CURRENT);
        return heads;
    }

    /** The death came between the used index and {@link #published}: the last batch was given back, though it is in flight. */
    private void finishBatch(int usedIndex) throws BrokenRingException {
        int given = (usedIndex - u16(InflightLayout.USED_INDEX)) & 0xffff;
        if (given > size) {
            // More than a ring can hold: the driver has set it up anew since, and what was in flight is not any more.
            for (int head = 0; head < size; head++) {
                memory.set(ValueLayout.JAVA_BYTE, state(head) + InflightLayout.INFLIGHT, (byte) 0);
            }
            return;
        }
        int head = u16(InflightLayout.LAST_BATCH_HEAD);
        for (int i = 0; i < given; i++) {
            if (head >= size) {
                throw new BrokenRingException(
                        "the record of requests in flight names descriptor " + head + " of " + size);
            }
            memory.set(ValueLayout.JAVA_BYTE, state(head) + InflightLayout.INFLIGHT, (byte) 0);
            head = u16(state(head) + InflightLayout.NEXT);
        }
    }

    /** A request was taken. Called before anything is done for it: what was begun must be known. */
    void taken(int head) {
        memory.set(ValueLayout.JAVA_LONG, state(head) + InflightLayout.COUNTER, counter++);
        // Release: a request that counts as in flight has its place in the order.
        SharedStore.release(memory, state(head) + InflightLayout.INFLIGHT, (byte) 1);
    }

    /** A request was put into the used ring, which the driver doesn't see yet. Called before it does. */
    void used(int head) {
        memory.set(ValueLayout.JAVA_SHORT, state(head) + InflightLayout.NEXT, (short) lastBatchHead);
        // Release: whoever follows the chain from its head finds it linked.
        SharedStore.release(memory, InflightLayout.LAST_BATCH_HEAD, (short) head);
        lastBatchHead = head;
        batch[batchCount++] = head;
    }

    /** The driver sees all that was {@link #used}. Called after the used index was written. */
    void published(int usedIndex) {
        for (int i = 0; i < batchCount; i++) {
            SharedStore.release(memory, state(batch[i]) + InflightLayout.INFLIGHT, (byte) 0);
        }
        batchCount = 0;
        // Last: until here the next backend would finish this batch.
        SharedStore.release(memory, InflightLayout.USED_INDEX, (short) usedIndex);
    }

    private boolean isInFlight(int head) {
        return memory.get(ValueLayout.JAVA_BYTE, state(head) + InflightLayout.INFLIGHT) != 0;
    }

    private long counter(int head) {
        return memory.get(ValueLayout.JAVA_LONG, state(head) + InflightLayout.COUNTER);
    }

    private int u16(long at) {
        return Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT, at));
    }

    private static long state(int head) {
        return InflightLayout.STATES + head * InflightLayout.STATE_SIZE;
    }
}
