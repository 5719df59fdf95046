// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.memory.DirtyLog;
import io.tidemark.vhost.memory.GuestMemory;
import java.lang.foreign.MemorySegment;

/**
 * The device's side of one virtqueue in guest memory, with its record of what is in flight. Confined to its queue loop.
 *
 * <p>Requests that a backend before this one took and didn't give back come first, in the order in which they were taken.
 * What was {@linkplain #use used} becomes visible to the driver all at once, by {@link #publish}.
 */
sealed interface Virtqueue permits SplitRing, PackedRing {
    /** The kind of ring that was negotiated, as the one before left it. */
    static Virtqueue open(Vring setup, GuestMemory memory) throws BrokenRingException {
        return BlkFeatures.has(setup.features(), BlkFeatures.RING_PACKED)
                ? new PackedRing(setup, memory)
                : new SplitRing(setup, memory);
    }

    /** Finds the ring in (new) memory. */
    void locate(Vring setup, GuestMemory memory) throws BrokenRingException;

    /** How many requests are still to be done again. */
    int toDoAgain();

    /** Whether a request waits. @throws BrokenRingException when the driver claims what can't be */
    boolean hasNext() throws BrokenRingException;

    /**
     * Takes the request that waits: fills in the chain, and what of the slot the ring needs to give it back.
     *
     * @throws BrokenRingException when it is no proper chain; nothing after it can be trusted
     */
    void take(DescriptorChain chain, Slot slot, GuestMemory memory) throws BrokenRingException;

    /** Gives a finished request back, of which so many bytes were written; seen by the driver after {@link #publish}. */
    void use(Slot slot, int written);

    boolean hasUnpublished();

    /** Lets the driver see what was used. @return whether it wants an interrupt for it */
    boolean publish();

    /**
     * Marks those parts of the ring that the device writes.
     *
     * @param usedRing the guest address by which the used ring (or the device's event suppression) is known
     */
    void markWritten(DirtyLog log, long usedRing, GuestMemory memory);

    /** Marks only what {@link #enableKicks} and {@link #disableKicks} write. */
    void markWish(DirtyLog log, long usedRing);

    /** Up to where requests were taken, as GET_VRING_BASE has it for this kind of ring. */
    int base();

    /**
     * Asks the driver to kick for the next request. Those that came before it understood are not announced: look at
     * {@link #hasNext} once more after this.
     */
    void enableKicks();

    /** Asks the driver not to kick. */
    void disableKicks();

    /** A part of a ring: mapped as a whole, and aligned (virtio 1.3, 2.7 and 2.8.10.1). */
    static MemorySegment part(GuestMemory memory, long address, long bytes, int alignment, String what)
            throws BrokenRingException {
        MemorySegment segment = memory.user(address, bytes);
        if (segment == null) {
            throw new BrokenRingException(
                    "the " + what + " at " + Long.toHexString(address) + " is not in guest memory");
        }
        if (segment.address() % alignment != 0) {
            throw new BrokenRingException("the " + what + " at " + Long.toHexString(address) + " is misaligned");
        }
        return segment;
    }
}
