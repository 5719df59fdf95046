// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Notes which requests of a packed ring were taken and not yet given back, in memory that the frontend keeps when this process
 * dies (vhost-user.rst, "Inflight I/O tracking"). The device overwrites a packed ring's descriptors, so the record has copies:
 * a request is a chain of entries, which are taken from a list of free ones.
 *
 * <p>A process that is killed loses no store that it has executed, so all that counts is the order of the stores; each of the
 * methods says which. Confined to its queue loop. What the memory says is only looked at by {@link PackedInflightRecovery}.
 */
final class PackedInflightRecord {
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private final MemorySegment memory;
    private final int size;

    /** What follows each entry in the list of free ones; the size where none does. */
    private final int[] next;

    /** The last entry of each request, by its first. */
    private final int[] last;

    private final int[] batch;
    private int batchCount;
    private int free;
    private long counter;

    /** Of the request that is being noted. */
    private int first;

    private int count;
    private int latest;

    /** The used position that the driver has seen. */
    private int published;

    PackedInflightRecord(MemorySegment memory, int size, PackedInflightRecovery recovered) {
        this.memory = memory;
        this.size = size;
        this.next = recovered.next;
        this.last = recovered.last;
        this.free = recovered.free;
        this.counter = recovered.nextCounter;
        this.published = recovered.usedPosition;
        this.batch = new int[size];
    }

    /** Begins to note a request. Until {@link #taken} it doesn't count. */
    void begin() {
        first = free;
        count = 0;
    }

    /** Copies the request's next descriptor. @throws BrokenRingException when there are more than the ring can hold */
    void descriptor(long address, int length, int flags, int id) throws BrokenRingException {
        int entry = count == 0 ? first : next[latest];
        if (entry >= size) {
            throw new BrokenRingException("more descriptors are available than the ring of " + size + " has");
        }
        long state = PackedInflightLayout.state(entry);
        memory.set(ValueLayout.JAVA_LONG, state + PackedInflightLayout.ADDR, address);
        memory.set(ValueLayout.JAVA_INT, state + PackedInflightLayout.LEN, length);
        memory.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.FLAGS, (short) flags);
        memory.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.ID, (short) id);
        latest = entry;
        count++;
    }

    /**
     * The request is in flight from here on. Called before anything is done for it: what was begun must be known.
     *
     * @return its first entry
     */
    int taken() {
        long state = PackedInflightLayout.state(first);
        memory.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.COUNT, (short) count);
        memory.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.LAST, (short) latest);
        memory.set(ValueLayout.JAVA_LONG, state + PackedInflightLayout.COUNTER, counter++);
        SharedStore.release(memory, state + PackedInflightLayout.INFLIGHT, (byte) 1);
        last[first] = latest;
        free = next[latest];
        // Release, and last: marked entries that are still in the list of free ones don't count. Both heads at once.
        INT.setRelease(memory, PackedInflightLayout.FREE_HEAD, free | free << 16);
        return first;
    }

    /** A request, known by its first entry, is among those that are published next. */
    void used(int entry) {
        batch[batchCount++] = entry;
    }

    /** Called before the driver sees what was used, which then ends at this position. */
    void publishing(int usedPosition) {
        for (int i = 0; i < batchCount; i++) {
            int end = last[batch[i]];
            next[end] = free;
            memory.set(
                    ValueLayout.JAVA_SHORT, PackedInflightLayout.state(end) + PackedInflightLayout.NEXT, (short) free);
            free = batch[i];
        }
        // Release: whoever finds the new head finds the list behind it linked.
        SharedStore.release(memory, PackedInflightLayout.FREE_HEAD, (short) free);
        // Release, and last: from here on the next backend asks the ring whether the driver has seen the batch, and
        // takes the new head or goes back to the old one.
        LONG.setRelease(memory, PackedInflightLayout.USED, PackedInflightLayout.used(usedPosition, published));
        published = usedPosition;
    }

    /** Called after the driver sees what was used. */
    void published() {
        for (int i = 0; i < batchCount; i++) {
            long state = PackedInflightLayout.state(batch[i]);
            SharedStore.release(memory, state + PackedInflightLayout.INFLIGHT, (byte) 0);
        }
        batchCount = 0;
        INT.setRelease(memory, PackedInflightLayout.FREE_HEAD, free | free << 16);
        // Last: until here the next backend would finish this batch.
        LONG.setRelease(memory, PackedInflightLayout.USED, PackedInflightLayout.used(published, published));
    }
}
