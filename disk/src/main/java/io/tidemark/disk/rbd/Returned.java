// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Calls of one loop whose end other loops have learnt: a stack of request ids, which others push to and the loop empties at once. No
 * locks; nothing is allocated.
 */
final class Returned {
    private static final int NONE = -1;
    private static final VarHandle TOP;

    static {
        try {
            TOP = MethodHandles.lookup().findVarHandle(Returned.class, "top", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] results;
    private final int[] below;

    @SuppressWarnings("FieldMayBeFinal") // written through TOP
    private volatile int top = NONE;

    /** @param requests one more than the highest id */
    Returned(int requests) {
        this.results = new long[requests];
        this.below = new int[requests];
    }

    /** By any thread but the loop's. @return whether nothing was there, so that the loop must be told */
    boolean add(int id, long result) {
        results[id] = result;
        int seen;
        do {
            seen = top;
            below[id] = seen;
            // Release: result and link are written before the id can be found (pairs with takeAll).
        } while (!TOP.weakCompareAndSetRelease(this, seen, id));
        return seen == NONE;
    }

    /** Takes them all, by the loop. @return the first id, or a negative number; {@link #behind} tells the next */
    int takeAll() {
        return top == NONE ? NONE : (int) TOP.getAndSetAcquire(this, NONE);
    }

    /** The id behind one that {@link #takeAll} or this has told; negative behind the last. */
    int behind(int id) {
        return below[id];
    }

    long result(int id) {
        return results[id];
    }
}
