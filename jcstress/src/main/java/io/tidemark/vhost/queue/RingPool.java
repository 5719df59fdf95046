// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.memory.Region;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Split rings of two in shared guest memory, made once: a test has a new one for each of its millions of samples, and more of
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

    /** The device's side, and what the driver sees of it. */
    record Sides(SplitRing device, MemorySegment avail, MemorySegment used) {}

    private RingPool() {}

    static Sides next(boolean eventIndex) {
        long at = (long) (NEXT.getAndIncrement() & RINGS - 1) * STRIDE;
        long user = USER + at;
        MEMORY.user(user, STRIDE).fill((byte) 0);
        long features = eventIndex ? BlkFeatures.EVENT_IDX : 0;
        Vring vring = new Vring(SIZE, user, user + AVAIL, user + USED, 0, -1, -1, -1, features, null);
        try {
            return new Sides(
                    new SplitRing(vring, eventIndex, MEMORY),
                    MEMORY.user(user + AVAIL, AvailRing.bytes(SIZE)),
                    MEMORY.user(user + USED, UsedRing.bytes(SIZE)));
        } catch (BrokenRingException e) {
            throw new IllegalStateException(e);
        }
    }
}
