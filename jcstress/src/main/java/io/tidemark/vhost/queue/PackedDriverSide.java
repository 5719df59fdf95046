// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** What a driver does to its packed ring, in the order that the specification asks for (virtio 1.3, 2.8.21 and 2.8.22). */
final class PackedDriverSide {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    private PackedDriverSide() {}

    /** Offers a buffer of no bytes, in the first descriptor of the first lap. */
    static void offer(MemorySegment descriptors) {
        descriptors.set(ValueLayout.JAVA_SHORT, PackedDescriptor.ID, (short) DriverSide.HEAD);
        SHORT.setRelease(descriptors, PackedDescriptor.FLAGS, (short) PackedDescriptor.available(true));
    }

    /** Whether the device wants to be kicked for it. */
    static boolean wantsKick(MemorySegment deviceEvent) {
        VarHandle.fullFence();
        int wish = (int) INT.getOpaque(deviceEvent, 0L);
        return switch (EventSuppression.flags(wish)) {
            case EventSuppression.ENABLE -> true;
            case EventSuppression.DESC -> EventSuppression.position(wish) == RingPosition.WRAP;
            default -> false;
        };
    }

    /** Asks for an interrupt for the first descriptor. */
    static void enableInterrupts(MemorySegment driverEvent, boolean eventIndex) {
        int wish = eventIndex
                ? EventSuppression.of(EventSuppression.DESC, RingPosition.WRAP)
                : EventSuppression.of(EventSuppression.ENABLE, 0);
        INT.setOpaque(driverEvent, 0L, wish);
        VarHandle.fullFence();
    }

    static void disableInterrupts(MemorySegment driverEvent) {
        INT.setOpaque(driverEvent, 0L, EventSuppression.of(EventSuppression.DISABLE, 0));
    }

    /** Looks at the first descriptor. @return 0 unless it is used, 1 for what is given back, 2 for anything else */
    static int look(MemorySegment descriptors) {
        int both = PackedDescriptor.F_AVAIL | PackedDescriptor.F_USED;
        if (((short) SHORT.getAcquire(descriptors, PackedDescriptor.FLAGS) & both) != PackedDescriptor.used(true)) {
            return 0;
        }
        int id = descriptors.get(ValueLayout.JAVA_SHORT, PackedDescriptor.ID);
        int written = descriptors.get(ValueLayout.JAVA_INT, PackedDescriptor.LEN);
        return id == DriverSide.HEAD && written == DriverSide.WRITTEN ? 1 : 2;
    }
}
