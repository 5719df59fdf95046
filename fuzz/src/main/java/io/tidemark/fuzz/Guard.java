// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Pages that nobody may touch: who does dies of SIGSEGV, and the JVM with it. */
final class Guard {
    static final int PAGE = 4096;

    private static final int PROT_NONE = 0;

    /** MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE, MAP_FIXED_NOREPLACE. */
    private static final int ONLY_WHERE_FREE = 0x2 | 0x20 | 0x4000 | 0x100000;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle MPROTECT = bind("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
    private static final MethodHandle MMAP = bind("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));

    private Guard() {}

    private static MethodHandle bind(String name, FunctionDescriptor type) {
        return Linker.nativeLinker()
                .downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow(name), type);
    }

    /** Makes a guard of a mapped page. */
    static void protect(long address) {
        try {
            int failed = (int) MPROTECT.invokeExact(address, (long) PAGE, PROT_NONE);
            Finding.unless(failed == 0, "mprotect failed");
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Puts a guard into a page that nobody has mapped. @return whether nobody had */
    static boolean claim(long address) {
        try {
            long mapped = (long) MMAP.invokeExact(address, (long) PAGE, PROT_NONE, ONLY_WHERE_FREE, -1, 0L);
            return mapped == address;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
