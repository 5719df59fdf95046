// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Stores of one and two bytes into memory that the frontend may take away at any moment.
 *
 * <p>As plain stores behind a fence, because the JVM dies where it should throw InternalError: its interpreter turns a VarHandle's
 * ordered stores of these sizes into XCHG, which its fault handler can't skip (JDK 25, x86-64; the others are fine).
 */
final class SharedStore {
    private SharedStore() {}

    /** Everything before it is seen before it. */
    static void release(MemorySegment memory, long at, short value) {
        VarHandle.releaseFence();
        memory.set(ValueLayout.JAVA_SHORT, at, value);
    }

    /** Everything before it is seen before it. */
    static void release(MemorySegment memory, long at, byte value) {
        VarHandle.releaseFence();
        memory.set(ValueLayout.JAVA_BYTE, at, value);
    }
}
