// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.filters.FilterException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Page-aligned memory from mmap(2) that takes no room until it is touched. */
final class AnonymousMemory {
    // asm-generic/mman-common.h, mman.h; the same on x86-64 and arm64
    private static final int PROT_READ_WRITE = 0x1 | 0x2;
    private static final int MAP_PRIVATE = 0x02;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final long MAP_FAILED = -1;

    private static final Linker LINKER = Linker.nativeLinker();

    /** {@code void *mmap(void *, size_t, int, int, int, off_t)}. */
    private static final MethodHandle MMAP = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("mmap"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG));

    /** {@code int munmap(void *, size_t)}. */
    private static final MethodHandle MUNMAP = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("munmap"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    private AnonymousMemory() {}

    /** Maps {@code size} bytes; they are unmapped when the arena closes. */
    static MemorySegment map(long size, Arena arena) {
        long address;
        try {
            address = (long)
                    MMAP.invokeExact(0L, size, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        if (address == MAP_FAILED) {
            throw new FilterException(
                    FilterException.Code.NO_MEMORY,
                    "capture: the kernel refused " + size
                            + " bytes of memory for copies of writes: raise the memory limit or make the copy ring smaller");
        }
        return MemorySegment.ofAddress(address).reinterpret(size, arena, AnonymousMemory::unmap);
    }

    private static void unmap(MemorySegment mapped) {
        try {
            int result = (int) MUNMAP.invokeExact(mapped.address(), mapped.byteSize());
            assert result == 0;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
