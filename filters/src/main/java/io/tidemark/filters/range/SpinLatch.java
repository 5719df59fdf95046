// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Mutual exclusion for a few tens of nanoseconds: spins, and yields when its holder was put aside. */
final class SpinLatch {
    private static final int SPINS = 100;
    private static final VarHandle TAKEN;

    static {
        try {
            TAKEN = MethodHandles.lookup().findVarHandle(SpinLatch.class, "taken", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // through TAKEN
    private int taken;

    void take() {
        // The acquiring exchange pairs with the release in free(): what the last holder wrote is seen.
        while (!TAKEN.weakCompareAndSetAcquire(this, 0, 1)) {
            int spins = 0;
            while ((int) TAKEN.getOpaque(this) != 0) {
                if (++spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    Thread.yield();
                }
            }
        }
    }

    void free() {
        TAKEN.setRelease(this, 0);
    }
}
