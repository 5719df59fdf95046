// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.vhost.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The device's side of a split virtqueue (virtio 1.3, 2.7) in guest memory. Confined to its queue loop.
 *
 * <p>Used elements are written by {@link #use} and become visible to the driver all at once by {@link #publish}.
 */
final class SplitRing {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();

    private final int size;
    private final int mask;
    private final boolean eventIndex;
    private MemorySegment descriptors;
    private MemorySegment avail;
    private MemorySegment used;

    /** The next avail entry to take, the next used entry to write, the used index that the driver has seen; all mod 2^16. */
    private int nextAvail;

    private int nextUsed;
    private int publishedUsed;

    SplitRing(Vring vring, boolean eventIndex, GuestMemory memory) throws BrokenRingException {
        this.size = vring.size();
        this.mask = size - 1;
        this.eventIndex = eventIndex;
        this.nextAvail = vring.base() & 0xffff;
        locate(vring, memory);
        this.nextUsed = Short.toUnsignedInt((short) SHORT.getAcquire(used, UsedRing.IDX));
        this.publishedUsed = nextUsed;
    }

    /** Finds the ring in (new) memory. */
    void locate(Vring vring, GuestMemory memory) throws BrokenRingException {
        descriptors = part(memory, vring.descriptors(), (long) size * VirtqDescriptor.SIZE, 16, "descriptor table");
        avail = part(memory, vring.avail(), AvailRing.bytes(size), 2, "avail ring");
        used = part(memory, vring.used(), UsedRing.bytes(size), 4, "used ring");
    }

    private static MemorySegment part(GuestMemory memory, long address, long bytes, int alignment, String what)
            throws BrokenRingException {
        MemorySegment segment = memory.user(address, bytes);
        if (segment == null) {
            throw new BrokenRingException(
                    "the " + what + " at " + Long.toHexString(address) + " is not in guest memory");
        }
        // virtio 1.3, 2.7: alignment of each part.
        if (segment.address() % alignment != 0) {
            throw new BrokenRingException("the " + what + " at " + Long.toHexString(address) + " is misaligned");
        }
        return segment;
    }

    int size() {
        return size;
    }

    /** How many heads wait. @throws BrokenRingException when the driver claims more than the ring holds */
    int available() throws BrokenRingException {
        // Acquire: what the entries name was written before the index (pairs with the driver's write barrier,
        // 2.7.13.3).
        int index = Short.toUnsignedInt((short) SHORT.getAcquire(avail, AvailRing.IDX));
        int waiting = (index - nextAvail) & 0xffff;
        if (waiting > size) {
            throw new BrokenRingException("avail index " + index + " is more than " + size + " ahead of " + nextAvail);
        }
        return waiting;
    }

    /** Takes the next head. @throws BrokenRingException when it is no descriptor of this ring */
    int take() throws BrokenRingException {
        int head = Short.toUnsignedInt(
                avail.get(ValueLayout.JAVA_SHORT, AvailRing.RING + (long) (nextAvail & mask) * AvailRing.ENTRY));
        if (head >= size) {
            throw new BrokenRingException("head " + head + " is outside of the descriptor table of " + size);
        }
        nextAvail = (nextAvail + 1) & 0xffff;
        return head;
    }

    /** Heads that were taken by a backend before this one are not to be taken again. */
    void skip(int heads) {
        nextAvail = (nextUsed + heads) & 0xffff;
    }

    /** The used index that the driver sees. */
    int usedIndex() {
        return publishedUsed;
    }

    /** The avail index up to which heads were taken (VHOST_USER_GET_VRING_BASE). */
    int base() {
        return nextAvail;
    }

    MemorySegment descriptors() {
        return descriptors;
    }

    /** Puts a finished chain into the used ring, for the next {@link #publish}. */
    void use(int head, int written) {
        long entry = UsedRing.RING + (long) (nextUsed & mask) * UsedRing.ENTRY;
        used.set(ValueLayout.JAVA_INT, entry + UsedRing.ENTRY_ID, head);
        used.set(ValueLayout.JAVA_INT, entry + UsedRing.ENTRY_LEN, written);
        nextUsed = (nextUsed + 1) & 0xffff;
    }

    boolean hasUnpublished() {
        return nextUsed != publishedUsed;
    }

    /** Lets the driver see the used elements. @return whether it wants an interrupt for them */
    boolean publish() {
        int old = publishedUsed;
        publishedUsed = nextUsed;
        // Release: elements, status bytes and data are written before the index (2.7.8.2).
        SHORT.setRelease(used, UsedRing.IDX, (short) nextUsed);
        // The index before what the driver wants is read: pairs with the driver's fence between saying what it wants
        // and looking at the index (2.7.7.2, 2.7.8.2), so one of us sees the other.
        VarHandle.fullFence();
        if (eventIndex) {
            int event = Short.toUnsignedInt((short) SHORT.getOpaque(avail, AvailRing.usedEvent(size)));
            return ((nextUsed - event - 1) & 0xffff) < ((nextUsed - old) & 0xffff);
        }
        return ((short) SHORT.getOpaque(avail, AvailRing.FLAGS) & AvailRing.F_NO_INTERRUPT) == 0;
    }

    /**
     * Asks the driver to kick for the next head. Heads that came before it understood are not announced: look at
     * {@link #available} once more after this.
     */
    void enableKicks() {
        if (eventIndex) {
            SHORT.setOpaque(used, UsedRing.availEvent(size), (short) nextAvail);
        } else {
            SHORT.setOpaque(used, UsedRing.FLAGS, (short) 0);
        }
        // Pairs with the driver's fence between publishing its index and reading our wish (2.7.10.1).
        VarHandle.fullFence();
    }

    /** Asks the driver not to kick. With EVENT_IDX an event index left behind does that. */
    void disableKicks() {
        if (!eventIndex) {
            SHORT.setOpaque(used, UsedRing.FLAGS, (short) UsedRing.F_NO_NOTIFY);
        }
    }
}
