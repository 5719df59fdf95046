// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.memory.DirtyLog;
import io.tidemark.vhost.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** A split virtqueue (virtio 1.3, 2.7). */
final class SplitRing implements Virtqueue {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final int[] NO_HEADS = {};

    private final int size;
    private final int mask;
    private final boolean eventIndex;
    private final InflightRecord inflight;
    private MemorySegment descriptors;
    private MemorySegment avail;
    private MemorySegment used;

    /** Heads that a backend before this one took and didn't give back. */
    private int[] again = NO_HEADS;

    private int againAt;

    /** The next avail entry to take, and the avail index seen last: before it nothing has to be looked up; mod 2^16. */
    private int nextAvail;

    private int seenAvail;

    /** The next used entry to write, and the used index that the driver has seen; mod 2^16. */
    private int nextUsed;

    private int publishedUsed;

    SplitRing(Vring setup, GuestMemory memory) throws BrokenRingException {
        this.size = setup.size();
        this.mask = size - 1;
        this.eventIndex = BlkFeatures.has(setup.features(), BlkFeatures.EVENT_IDX);
        this.nextAvail = setup.base() & 0xffff;
        locate(setup, memory);
        this.nextUsed = Short.toUnsignedInt((short) SHORT.getAcquire(used, UsedRing.IDX));
        this.publishedUsed = nextUsed;
        this.inflight = setup.inflight() == null ? null : new InflightRecord(setup.inflight(), size);
        if (inflight != null) {
            recover();
        }
        this.seenAvail = nextAvail;
    }

    private void recover() throws BrokenRingException {
        again = inflight.recover(nextUsed);
        if (again.length > 0) {
            // They are not to be taken from the avail ring once more.
            nextAvail = (nextUsed + again.length) & 0xffff;
        }
    }

    @Override
    public void locate(Vring setup, GuestMemory memory) throws BrokenRingException {
        descriptors =
                Virtqueue.part(memory, setup.descriptors(), (long) size * VirtqDescriptor.SIZE, 16, "descriptor table");
        avail = Virtqueue.part(memory, setup.avail(), AvailRing.bytes(size), 2, "avail ring");
        used = Virtqueue.part(memory, setup.used(), UsedRing.bytes(size), 4, "used ring");
    }

    @Override
    public int toDoAgain() {
        return again.length - againAt;
    }

    @Override
    public boolean hasNext() throws BrokenRingException {
        return nextAvail != seenAvail || againAt < again.length || look();
    }

    private boolean look() throws BrokenRingException {
        // Acquire: what the entries name was written before the index (pairs with the driver's write barrier,
        // 2.7.13.3).
        int index = Short.toUnsignedInt((short) SHORT.getAcquire(avail, AvailRing.IDX));
        if (((index - nextAvail) & 0xffff) > size) {
            throw new BrokenRingException("avail index " + index + " is more than " + size + " ahead of " + nextAvail);
        }
        seenAvail = index;
        return index != nextAvail;
    }

    @Override
    public void take(DescriptorChain chain, Slot slot, GuestMemory memory) throws BrokenRingException {
        slot.head = againAt < again.length ? again[againAt++] : takeAvail();
        String wrong = chain.read(descriptors, slot.head, memory);
        if (wrong != null) {
            throw new BrokenRingException(wrong);
        }
    }

    private int takeAvail() throws BrokenRingException {
        int head = Short.toUnsignedInt(
                avail.get(ValueLayout.JAVA_SHORT, AvailRing.RING + (long) (nextAvail & mask) * AvailRing.ENTRY));
        if (head >= size) {
            throw new BrokenRingException("head " + head + " is outside of the descriptor table of " + size);
        }
        nextAvail = (nextAvail + 1) & 0xffff;
        if (inflight != null) {
            inflight.taken(head);
        }
        return head;
    }

    @Override
    public int base() {
        return nextAvail;
    }

    @Override
    public void use(Slot slot, int written) {
        long entry = UsedRing.RING + (long) (nextUsed & mask) * UsedRing.ENTRY;
        used.set(ValueLayout.JAVA_INT, entry + UsedRing.ENTRY_ID, slot.head);
        used.set(ValueLayout.JAVA_INT, entry + UsedRing.ENTRY_LEN, written);
        nextUsed = (nextUsed + 1) & 0xffff;
        if (inflight != null) {
            inflight.used(slot.head);
        }
    }

    @Override
    public boolean hasUnpublished() {
        return nextUsed != publishedUsed;
    }

    @Override
    public boolean publish() {
        int old = publishedUsed;
        publishedUsed = nextUsed;
        // Release: elements, status bytes and data are written before the index (2.7.8.2).
        SharedStore.release(used, UsedRing.IDX, (short) nextUsed);
        if (inflight != null) {
            inflight.published(nextUsed);
        }
        // The index before what the driver wants is read: pairs with the driver's fence between saying what it wants
        // and looking at the index (2.7.7.2, 2.7.8.2), so one of us sees the other.
        VarHandle.fullFence();
        if (eventIndex) {
            int event = Short.toUnsignedInt((short) SHORT.getOpaque(avail, AvailRing.usedEvent(size)));
            return ((nextUsed - event - 1) & 0xffff) < ((nextUsed - old) & 0xffff);
        }
        return ((short) SHORT.getOpaque(avail, AvailRing.FLAGS) & AvailRing.F_NO_INTERRUPT) == 0;
    }

    @Override
    public void markWritten(DirtyLog log, long usedRing, GuestMemory memory) {
        log.mark(usedRing, UsedRing.bytes(size));
    }

    @Override
    public void markWish(DirtyLog log, long usedRing) {
        log.mark(usedRing + (eventIndex ? UsedRing.availEvent(size) : UsedRing.FLAGS), Short.BYTES);
    }

    @Override
    public void enableKicks() {
        if (eventIndex) {
            SharedStore.release(used, UsedRing.availEvent(size), (short) nextAvail);
        } else {
            SharedStore.release(used, UsedRing.FLAGS, (short) 0);
        }
        // Pairs with the driver's fence between publishing its index and reading our wish (2.7.10.1).
        VarHandle.fullFence();
    }

    /** With EVENT_IDX an event index left behind says it. */
    @Override
    public void disableKicks() {
        if (!eventIndex) {
            SharedStore.release(used, UsedRing.FLAGS, (short) UsedRing.F_NO_NOTIFY);
        }
    }
}
