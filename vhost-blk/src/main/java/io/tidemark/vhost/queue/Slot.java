// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.vhost.memory.GuestMemory;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What a queue loop remembers of one request between taking it from the ring and giving it back. */
final class Slot {
    static final long NOT_TAKEN = Long.MIN_VALUE;

    private static final VarHandle TAKEN_AT;

    static {
        try {
            TAKEN_AT = MethodHandles.lookup().findVarHandle(Slot.class, "takenAt", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Request request;

    /** What the driver knows the request by: the head of its descriptor chain, or in a packed ring its buffer id. */
    int head;

    /** In a packed ring: how many descriptors it has there, and its first entry in the record of what is in flight. */
    int descriptors;

    int entry;

    /** Where the guest looks for the status byte: a host address. */
    long statusAddress;

    /** The table by which its addresses were found. */
    GuestMemory memory = GuestMemory.EMPTY;

    /** How many bytes of the chain are written when it succeeds, the status byte included. */
    int written;

    /** How many ranges a discard or write-zeroes has, and how many of them were begun; see {@link DiscardRanges}. */
    int ranges;

    int begun;

    /** System.nanoTime when it was taken, {@link #NOT_TAKEN} when it is not on its way. */
    private long takenAt = NOT_TAKEN;

    /** The loop's generation when it was taken; see {@link Generations}. */
    int generation;

    Slot(int id, IoVector data) {
        request = new Request(id, data);
    }

    /** Opaque, as the counters are: other threads ask how long requests take. */
    void takenAt(long nanoTime) {
        TAKEN_AT.setOpaque(this, nanoTime);
    }

    long takenAt() {
        return (long) TAKEN_AT.getOpaque(this);
    }
}
