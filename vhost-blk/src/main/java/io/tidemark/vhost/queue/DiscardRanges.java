// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.Geometry;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.vhost.blk.BlkDiscardSegment;
import io.tidemark.vhost.blk.BlkLimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The ranges of discards and write-zeroes (virtio 1.3, 5.2.6), of which each goes through filters and image as a request of its
 * own, one after the other in the same slot. They need not be atomic together. Confined to its queue loop.
 */
final class DiscardRanges {
    private static final long PER_SLOT = (long) BlkLimits.DISCARD_SEGMENTS * BlkDiscardSegment.SIZE;

    /** Untouched, and so no memory, until a slot has some. */
    private final MemorySegment table = NativeMemory.anonymous(BlkLimits.MAX_QUEUE_SIZE * PER_SLOT, Arena.ofAuto());

    /** Where a slot's ranges are to be copied to: a host address with room for {@link BlkLimits#DISCARD_SEGMENTS}. */
    long of(Slot slot) {
        return table.address() + slot.request.id() * PER_SLOT;
    }

    /** Makes the slot's request that of its next range. All of them were checked. */
    void beginNext(Slot slot, Request.Kind kind, boolean writeThrough) {
        long at = of(slot) + (long) slot.begun * BlkDiscardSegment.SIZE;
        slot.begun++;
        slot.request.begin(
                kind,
                BlkDiscardSegment.sector(NativeMemory.ALL, at) * Geometry.SECTOR,
                BlkDiscardSegment.sectors(NativeMemory.ALL, at) * Geometry.SECTOR);
        slot.request.mayUnmap((BlkDiscardSegment.flags(NativeMemory.ALL, at) & BlkDiscardSegment.UNMAP) != 0);
        slot.request.durable(writeThrough);
    }
}
