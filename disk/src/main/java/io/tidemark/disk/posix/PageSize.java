// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The unit in which a file can be mapped. */
public final class PageSize {
    /** linux/magic.h; struct statfs begins with f_type and f_bsize, a word each, on all 64-bit Linux. */
    private static final long HUGETLBFS_MAGIC = 0x958458f6L;

    private static final long STATFS_TYPE = 0;
    private static final long STATFS_BSIZE = 8;
    private static final long STATFS_SIZE = 128;

    private static final MethodHandle FSTATFS = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("fstatfs"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

    private PageSize() {}

    /** The huge page for a file of hugetlbfs, else {@link NativeMemory#PAGE}; in bytes. */
    public static long of(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statfs = arena.allocate(STATFS_SIZE, Long.BYTES);
            int result = (int) FSTATFS.invokeExact(fd, statfs);
            boolean huge = result == 0 && statfs.get(ValueLayout.JAVA_LONG, STATFS_TYPE) == HUGETLBFS_MAGIC;
            return huge ? statfs.get(ValueLayout.JAVA_LONG, STATFS_BSIZE) : NativeMemory.PAGE;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
