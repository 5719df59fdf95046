// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The system calls behind a {@link Mapping}. */
final class Mmap {
    /** asm-generic/mman-common.h. */
    private static final int PROT_READ_WRITE = 1 | 2;

    private static final int MAP_SHARED = 1;
    private static final int MAP_NORESERVE = 0x4000;
    private static final long MAP_FAILED = -1;

    /** linux/magic.h; struct statfs begins with f_type and f_bsize, a word each, on all 64-bit Linux. */
    private static final long HUGETLBFS_MAGIC = 0x958458f6L;

    private static final long STATFS_TYPE = 0;
    private static final long STATFS_BSIZE = 8;
    private static final long STATFS_SIZE = 128;

    private static final int SC_PAGESIZE = 30;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final MethodHandle MMAP = bind("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MUNMAP = bind("munmap", FunctionDescriptor.of(INT, LONG, LONG));
    private static final MethodHandle FSTATFS = bind("fstatfs", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS));
    private static final MethodHandle SYSCONF = bind("sysconf", FunctionDescriptor.of(LONG, INT));

    private Mmap() {}

    private static MethodHandle bind(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
    }

    static long map(int fd, long offset, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long address =
                    (long) MMAP.invokeExact(state, 0L, length, PROT_READ_WRITE, MAP_SHARED | MAP_NORESERVE, fd, offset);
            if (address == MAP_FAILED) {
                throw new VhostException(
                        Code.BAD_MEMORY,
                        "mapping %d bytes of guest memory at file offset %d failed: errno %d"
                                .formatted(length, offset, state.get(INT, 0)));
            }
            return address;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static void unmap(long address, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int result = (int) MUNMAP.invokeExact(state, address, length);
            if (result != 0) {
                throw new VhostException(Code.BAD_MEMORY, "unmapping guest memory: errno " + state.get(INT, 0));
            }
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** The unit of the file's mappings: the huge page for hugetlbfs, else the page. */
    static long pageSize(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment statfs = arena.allocate(STATFS_SIZE, 8);
            int result = (int) FSTATFS.invokeExact(state, fd, statfs);
            if (result == 0 && statfs.get(LONG, STATFS_TYPE) == HUGETLBFS_MAGIC) {
                return statfs.get(LONG, STATFS_BSIZE);
            }
            return (long) SYSCONF.invokeExact(state, SC_PAGESIZE);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static RuntimeException unchecked(Throwable e) {
        if (e instanceof RuntimeException runtime) {
            return runtime;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }
}
