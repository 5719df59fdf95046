// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** What a driver does to its ring, in the order that the specification asks for (virtio 1.3, 2.7.13 and 2.7.14). */
final class DriverSide {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();

    private DriverSide() {}

    /** Offers head 1 as the first. */
    static void offer(MemorySegment avail) {
        avail.set(ValueLayout.JAVA_SHORT, AvailRing.RING, (short) 1);
        SHORT.setRelease(avail, AvailRing.IDX, (short) 1);
    }

    /** Whether the device wants to be kicked for the first head. */
    static boolean wantsKick(MemorySegment used, boolean eventIndex) {
        VarHandle.fullFence();
        if (eventIndex) {
            int event = Short.toUnsignedInt((short) SHORT.getOpaque(used, UsedRing.availEvent(RingPool.SIZE)));
            return (-event & 0xffff) < 1;
        }
        return ((short) SHORT.getOpaque(used, UsedRing.FLAGS) & UsedRing.F_NO_NOTIFY) == 0;
    }

    /** Asks for an interrupt for the next used element: the first. */
    static void enableInterrupts(MemorySegment avail, boolean eventIndex) {
        if (eventIndex) {
            SHORT.setOpaque(avail, AvailRing.usedEvent(RingPool.SIZE), (short) 0);
        } else {
            SHORT.setOpaque(avail, AvailRing.FLAGS, (short) 0);
        }
        VarHandle.fullFence();
    }

    static void disableInterrupts(MemorySegment avail, boolean eventIndex) {
        if (eventIndex) {
            SHORT.setOpaque(avail, AvailRing.usedEvent(RingPool.SIZE), (short) 0x8000);
        } else {
            SHORT.setOpaque(avail, AvailRing.FLAGS, (short) AvailRing.F_NO_INTERRUPT);
        }
    }

    static boolean hasUsed(MemorySegment used) {
        return (short) SHORT.getAcquire(used, UsedRing.IDX) != 0;
    }
}
