// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Has the kernel refuse a system call to the calling thread, for good: seccomp(2). */
final class RefusedCall {
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final long SECCOMP = 317;
    private static final long SECCOMP_SET_MODE_FILTER = 1;

    // Of struct sock_filter and what it is made of, in linux/filter.h and linux/seccomp.h.
    private static final short LOAD_WORD = 0x20;
    private static final short JUMP_IF_EQUAL = 0x15;
    private static final short RETURN = 0x06;
    private static final int NUMBER_OF_CALL = 0;
    private static final int EPERM = 0x0005_0001;
    private static final int ALLOW = 0x7fff_0000;

    private RefusedCall() {}

    /** @return whether it will be */
    static boolean refuse(int call) {
        try (var arena = Arena.ofConfined()) {
            var filter = arena.allocate(32, 8);
            instruction(filter, 0, LOAD_WORD, 0, NUMBER_OF_CALL);
            instruction(filter, 1, JUMP_IF_EQUAL, 1, call);
            instruction(filter, 2, RETURN, 0, EPERM);
            instruction(filter, 3, RETURN, 0, ALLOW);
            var program = arena.allocate(16, 8);
            program.set(ValueLayout.JAVA_SHORT, 0, (short) 4);
            program.set(ValueLayout.ADDRESS, 8, filter);
            return noNewPrivileges() == 0
                    && Libc.C.syscall(SECCOMP, SECCOMP_SET_MODE_FILTER, 0, program.address()) == 0;
        }
    }

    private static void instruction(MemorySegment filter, int index, short code, int ifNot, int constant) {
        long at = 8L * index;
        filter.set(ValueLayout.JAVA_SHORT, at, code);
        filter.set(ValueLayout.JAVA_BYTE, at + 3, (byte) ifNot);
        filter.set(ValueLayout.JAVA_INT, at + 4, constant);
    }

    private static int noNewPrivileges() {
        var linker = Linker.nativeLinker();
        var prctl = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("prctl"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG),
                Linker.Option.firstVariadicArg(1));
        try {
            return (int) prctl.invokeExact(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
