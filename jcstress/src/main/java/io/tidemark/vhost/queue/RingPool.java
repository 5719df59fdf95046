// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.IoVector;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.memory.Region;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Rings of two in shared guest memory, made once: a test has a new one for each of its millions of samples, and more of
 * them than are in use at a time come round again.
 */
final class RingPool {
    static final int SIZE = 2;

    private static final long GUEST = 0x4000_0000L;
    private static final long USER = 0x7f00_0000_0000L;

    /** Avail and used ring each in cache lines of their own. */
    private static final int STRIDE = 256;

    private static final int AVAIL = 64;
    private static final int USED = 128;
    private static final int RINGS = 1 << 16;
    private static final int RAM = RINGS * STRIDE;

    private static final GuestRam SHARED = new GuestRam(GUEST, RAM);
    private static final GuestMemory MEMORY = GuestMemory.EMPTY.with(Region.map(GUEST, RAM, USER, 0, SHARED.fd()));
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final ThreadLocal<Slot> SLOT = ThreadLocal.withInitial(() -> new Slot(0, new IoVector(1)));
    private static final ThreadLocal<DescriptorChain> CHAIN = ThreadLocal.withInitial(DescriptorChain::new);

    /** The device's side, and what the driver sees of it. In a packed ring, the latter two are the event suppressions. */
    record Sides(Virtqueue device, MemorySegment descriptors, MemorySegment avail, MemorySegment used) {
        /** Takes what waits. @return 0 for nothing, 1 for the request that the driver offers, 2 for anything else */
        int look() {
            try {
                if (!device.hasNext()) {
                    return 0;
                }
                Slot slot = SLOT.get();
                device.take(CHAIN.get(), slot, MEMORY);
                return slot.head == DriverSide.HEAD ? 1 : 2;
            } catch (BrokenRingException e) {
                return 2;
            }
        }

        void giveBack() {
            Slot slot = SLOT.get();
            slot.head = DriverSide.HEAD;
            slot.descriptors = 1;
            device.use(slot, DriverSide.WRITTEN);
        }
    }

    private RingPool() {}

    static Sides split(boolean eventIndex) {
        return next(eventIndex ? BlkFeatures.EVENT_IDX : 0, 0);
    }

    static Sides packed(boolean eventIndex) {
        int fresh = RingPosition.WRAP | RingPosition.WRAP << 16;
        return next(BlkFeatures.RING_PACKED | (eventIndex ? BlkFeatures.EVENT_IDX : 0), fresh);
    }

    private static Sides next(long features, int base) {
        long at = (long) (NEXT.getAndIncrement() & RINGS - 1) * STRIDE;
        long user = USER + at;
        MEMORY.user(user, STRIDE).fill((byte) 0);
        Vring vring = new Vring(SIZE, user, user + AVAIL, user + USED, base, -1, -1, -1, features, null);
        try {
            return new Sides(
                    Virtqueue.open(vring, MEMORY),
                    MEMORY.user(user, AVAIL),
                    MEMORY.user(user + AVAIL, USED - AVAIL),
                    MEMORY.user(user + USED, STRIDE - USED));
        } catch (BrokenRingException e) {
            throw new IllegalStateException(e);
        }
    }
}
