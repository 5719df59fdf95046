// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.memory.DirtyLog;
import io.tidemark.vhost.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A packed virtqueue (virtio 1.3, 2.8): one ring of descriptors, which the driver makes available and the device marks used,
 * each in its own laps.
 */
final class PackedRing implements Virtqueue {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final int[] NO_ENTRIES = {};

    private final int size;
    private final boolean eventIndex;
    private final MemorySegment inflightMemory;
    private final PackedInflightRecord inflight;
    private MemorySegment descriptors;
    private MemorySegment driverEvent;
    private MemorySegment deviceEvent;

    /** Requests, by their first entries in the record, that a backend before this one took and didn't give back. */
    private int[] again = NO_ENTRIES;

    private PackedInflightRecovery recovered;

    private int againAt;

    /** Where the next request is taken, where the next one is given back, and up to where the driver has seen that. */
    private int nextAvail;

    private int nextUsed;
    private int publishedUsed;

    /** How many descriptors lie between what was taken and what was given back. */
    private int taken;

    /** Where each request of the batch that isn't published yet was given back. */
    private final int[] batch;

    private int batchCount;

    PackedRing(Vring setup, GuestMemory memory) throws BrokenRingException {
        this.size = setup.size();
        this.eventIndex = BlkFeatures.has(setup.features(), BlkFeatures.EVENT_IDX);
        this.batch = new int[size];
        this.nextAvail = place(setup.base() & 0xffff);
        this.nextUsed = place(setup.base() >>> 16);
        this.inflightMemory = setup.inflight();
        locate(setup, memory);
        if (inflightMemory == null) {
            inflight = null;
        } else {
            recovered = PackedInflightRecovery.of(inflightMemory, descriptors, size, nextUsed);
            inflight = new PackedInflightRecord(inflightMemory, size, recovered);
            again = recovered.requests;
            nextUsed = recovered.usedPosition;
            nextAvail = recovered.availPosition;
        }
        publishedUsed = nextUsed;
        taken = distance(nextUsed, nextAvail);
    }

    private int place(int position) throws BrokenRingException {
        if (RingPosition.index(position) >= size) {
            throw new BrokenRingException(
                    "a base of " + RingPosition.index(position) + " is outside of the ring of " + size);
        }
        return position;
    }

    private int distance(int from, int to) {
        int apart = RingPosition.index(to) - RingPosition.index(from);
        return RingPosition.wrap(from) == RingPosition.wrap(to) ? Math.max(apart, 0) : Math.max(apart + size, 0);
    }

    @Override
    public void locate(Vring setup, GuestMemory memory) throws BrokenRingException {
        descriptors =
                Virtqueue.part(memory, setup.descriptors(), (long) size * PackedDescriptor.SIZE, 16, "descriptor ring");
        driverEvent = Virtqueue.part(memory, setup.avail(), EventSuppression.SIZE, 4, "driver event suppression");
        deviceEvent = Virtqueue.part(memory, setup.used(), EventSuppression.SIZE, 4, "device event suppression");
    }

    @Override
    public int toDoAgain() {
        return again.length - againAt;
    }

    @Override
    public boolean hasNext() {
        if (againAt < again.length) {
            return true;
        }
        // Acquire: the rest of the chain was written before its first descriptor's flags (2.8.21).
        int flags = (short) SHORT.getAcquire(descriptors, at(nextAvail) + PackedDescriptor.FLAGS);
        return PackedDescriptor.isAvailable(flags, RingPosition.wrap(nextAvail));
    }

    @Override
    public void take(DescriptorChain chain, Slot slot, GuestMemory memory) throws BrokenRingException {
        chain.begin();
        if (againAt < again.length) {
            takeAgain(again[againAt++], chain, slot, memory);
        } else {
            takeAvail(chain, slot, memory);
        }
        chain.end();
    }

    private void takeAvail(DescriptorChain chain, Slot slot, GuestMemory memory) throws BrokenRingException {
        if (inflight != null) {
            inflight.begin();
        }
        int at = nextAvail;
        int count = 0;
        int flags;
        do {
            if (taken + count >= size) {
                throw new BrokenRingException("more descriptors are available than the ring of " + size + " has");
            }
            long descriptor = at(at);
            long address = descriptors.get(ValueLayout.JAVA_LONG, descriptor + PackedDescriptor.ADDR);
            int length = descriptors.get(ValueLayout.JAVA_INT, descriptor + PackedDescriptor.LEN);
            flags = descriptors.get(ValueLayout.JAVA_SHORT, descriptor + PackedDescriptor.FLAGS);
            slot.head = Short.toUnsignedInt(descriptors.get(ValueLayout.JAVA_SHORT, descriptor + PackedDescriptor.ID));
            add(chain, address, length, flags, count, memory);
            if (inflight != null) {
                inflight.descriptor(address, length, flags, slot.head);
            }
            at = RingPosition.advance(at, 1, size);
            count++;
        } while ((flags & VirtqDescriptor.F_NEXT) != 0);
        slot.descriptors = count;
        slot.entry = inflight == null ? 0 : inflight.taken();
        nextAvail = at;
        taken += count;
    }

    private void takeAgain(int entry, DescriptorChain chain, Slot slot, GuestMemory memory) throws BrokenRingException {
        int count = recovered.counts[entry];
        int at = entry;
        for (int i = 0; i < count; i++) {
            long state = PackedInflightLayout.state(at);
            long address = inflightMemory.get(ValueLayout.JAVA_LONG, state + PackedInflightLayout.ADDR);
            int length = inflightMemory.get(ValueLayout.JAVA_INT, state + PackedInflightLayout.LEN);
            add(chain, address, length, entryShort(at, PackedInflightLayout.FLAGS), i, memory);
            slot.head = Short.toUnsignedInt(entryShort(at, PackedInflightLayout.ID));
            at = recovered.next[at];
        }
        slot.descriptors = count;
        slot.entry = entry;
    }

    private short entryShort(int entry, long field) {
        return inflightMemory.get(ValueLayout.JAVA_SHORT, PackedInflightLayout.state(entry) + field);
    }

    private static void add(DescriptorChain chain, long address, int length, int flags, int place, GuestMemory memory)
            throws BrokenRingException {
        String wrong;
        if ((flags & VirtqDescriptor.F_INDIRECT) == 0) {
            wrong = chain.add(address, Integer.toUnsignedLong(length), flags, memory);
        } else if (place > 0 || (flags & VirtqDescriptor.F_NEXT) != 0) {
            wrong = "an indirect descriptor in a chain";
        } else {
            wrong = chain.addTable(address, length, memory);
        }
        if (wrong != null) {
            throw new BrokenRingException(wrong);
        }
    }

    @Override
    public void use(Slot slot, int written) {
        long descriptor = at(nextUsed);
        descriptors.set(ValueLayout.JAVA_SHORT, descriptor + PackedDescriptor.ID, (short) slot.head);
        descriptors.set(ValueLayout.JAVA_INT, descriptor + PackedDescriptor.LEN, written);
        batch[batchCount++] = nextUsed;
        // One used descriptor stands for all of the request's (2.8.7).
        nextUsed = RingPosition.advance(nextUsed, slot.descriptors, size);
        taken -= slot.descriptors;
        if (inflight != null) {
            inflight.used(slot.entry);
        }
    }

    @Override
    public boolean hasUnpublished() {
        return batchCount > 0;
    }

    @Override
    public boolean publish() {
        if (inflight != null) {
            inflight.publishing(nextUsed);
        }
        // The driver reads in order, so it sees nothing of the batch before its first flags.
        for (int i = batchCount - 1; i > 0; i--) {
            descriptors.set(ValueLayout.JAVA_SHORT, at(batch[i]) + PackedDescriptor.FLAGS, usedFlags(batch[i]));
        }
        // Release: elements, status bytes and data are written before them (2.8.22).
        SharedStore.release(descriptors, at(batch[0]) + PackedDescriptor.FLAGS, usedFlags(batch[0]));
        batchCount = 0;
        int old = publishedUsed;
        publishedUsed = nextUsed;
        if (inflight != null) {
            inflight.published();
        }
        // The flags before what the driver wants is read: pairs with the driver's fence between saying what it wants
        // and
        // looking at the ring (2.8.23), so one of us sees the other.
        VarHandle.fullFence();
        return wantsInterrupt(old, (int) INT.getOpaque(driverEvent, 0L));
    }

    /** At least the status byte is written, hence F_WRITE (2.8.5). */
    private static short usedFlags(int position) {
        return (short) (PackedDescriptor.used(RingPosition.wrap(position)) | VirtqDescriptor.F_WRITE);
    }

    private boolean wantsInterrupt(int old, int wish) {
        int flags = EventSuppression.flags(wish);
        if (flags != EventSuppression.DESC || !eventIndex) {
            return flags != EventSuppression.DISABLE;
        }
        // All as offsets from the lap in which publishing ended; a lap earlier is a ring's size less.
        int now = RingPosition.index(publishedUsed);
        int before = inLapOf(publishedUsed, old);
        int event = inLapOf(publishedUsed, EventSuppression.position(wish));
        return ((now - event - 1) & 0xffff) < ((now - before) & 0xffff);
    }

    private int inLapOf(int reference, int position) {
        int index = RingPosition.index(position);
        return RingPosition.wrap(position) == RingPosition.wrap(reference) ? index : index - size;
    }

    @Override
    public int base() {
        return nextAvail | nextUsed << 16;
    }

    @Override
    public void markWritten(DirtyLog log, long usedRing, GuestMemory memory) {
        log.mark(usedRing, EventSuppression.SIZE);
        // Frontends name the place of the used ring alone, but used descriptors lie in the ring itself.
        long ring = memory.guestAddress(descriptors.address());
        if (ring >= 0) {
            log.mark(ring, (long) size * PackedDescriptor.SIZE);
        }
    }

    @Override
    public void markWish(DirtyLog log, long usedRing) {
        log.mark(usedRing, EventSuppression.SIZE);
    }

    @Override
    public void enableKicks() {
        int wish = eventIndex
                ? EventSuppression.of(EventSuppression.DESC, nextAvail)
                : EventSuppression.of(EventSuppression.ENABLE, 0);
        INT.setOpaque(deviceEvent, 0L, wish);
        // Pairs with the driver's fence between its flags and reading our wish (2.8.21.3.1).
        VarHandle.fullFence();
    }

    @Override
    public void disableKicks() {
        INT.setOpaque(deviceEvent, 0L, EventSuppression.of(EventSuppression.DISABLE, 0));
    }

    private static long at(int position) {
        return (long) RingPosition.index(position) * PackedDescriptor.SIZE;
    }
}
