// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.GuestRam;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;

/** The fields of a split ring that a driver seldom touches by hand (virtio 1.3, 2.7.6 and 2.7.8). */
public final class RingMemory {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;

    private final int size;
    private final MemorySegment avail;
    private final MemorySegment used;

    public RingMemory(DriverRing ring) {
        GuestRam ram = ring.ram();
        size = ring.size();
        avail = ram.at(guest(ram, ring.availUser()), 6 + 2L * size);
        used = ram.at(guest(ram, ring.usedUser()), 6 + 8L * size);
    }

    private static long guest(GuestRam ram, long user) {
        return user - ram.userAddress() + ram.guestAddress();
    }

    public void availFlags(int flags) {
        avail.set(U16, 0, (short) flags);
        VarHandle.fullFence();
    }

    /** The used index behind which the driver wants an interrupt (2.7.7). */
    public void usedEvent(int index) {
        avail.set(U16, 4 + 2L * size, (short) index);
        VarHandle.fullFence();
    }

    public int usedIndex() {
        VarHandle.fullFence();
        return Short.toUnsignedInt(used.get(U16, 2));
    }

    /** Looks without waiting for interrupts. @return whether the index came up within the time */
    public boolean awaitUsed(int index, int milliseconds) {
        return poll(() -> usedIndex() == index, milliseconds);
    }

    /** Whether a condition comes true within the time. */
    public static boolean poll(BooleanSupplier condition, int milliseconds) {
        long end = System.nanoTime() + milliseconds * 1_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }
}
