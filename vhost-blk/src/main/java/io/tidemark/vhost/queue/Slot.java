// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.vhost.memory.GuestMemory;

/** What a queue loop remembers of one request between taking it from the ring and giving it back. */
final class Slot {
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

    /** System.nanoTime when it was taken. */
    long takenAt;

    /** The loop's generation when it was taken; see {@link Generations}. */
    int generation;

    Slot(int id, IoVector data) {
        request = new Request(id, data);
    }
}
