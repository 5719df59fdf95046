// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** What a driver does to its ring, in the order that the specification asks for (virtio 1.3, 2.7.13 and 2.7.14). */
final class DriverSide {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();

    static final int HEAD = 1;
    static final int WRITTEN = 513;

    private DriverSide() {}

    /** Offers head 1 as the first. */
    static void offer(MemorySegment avail) {
        avail.set(ValueLayout.JAVA_SHORT, AvailRing.RING, (short) HEAD);
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

    /** Looks for the first used element. @return 0 for none, 1 for the one that is given back, 2 for anything else */
    static int look(MemorySegment used) {
        if ((short) SHORT.getAcquire(used, UsedRing.IDX) == 0) {
            return 0;
        }
        int head = used.get(ValueLayout.JAVA_INT, UsedRing.RING + UsedRing.ENTRY_ID);
        int written = used.get(ValueLayout.JAVA_INT, UsedRing.RING + UsedRing.ENTRY_LEN);
        return head == HEAD && written == WRITTEN ? 1 : 2;
    }
}
