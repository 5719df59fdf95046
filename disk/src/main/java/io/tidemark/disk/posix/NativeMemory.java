// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Mappings of memory: of files and devices, and anonymous ones, whose pages cost nothing until they are touched. */
public final class NativeMemory {
    /** The size of a page, in bytes. */
    public static final int PAGE = 4096;

    /**
     * All of the address space, to reach through it what lies at addresses that were checked before: guest buffers after
     * their translation, buffers of our own.
     */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final int PROT_READ = 1;
    private static final int READ_WRITE = PROT_READ | 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MAP_POPULATE = 0x8000;
    private static final long MAP_FAILED = -1;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_POPULATE_READ = 22;

    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle MMAP = downcall(
            "mmap",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG));
    private static final MethodHandle MUNMAP = downcall(
            "munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    private NativeMemory() {}

    /**
     * Maps anonymous memory, zeroed and page aligned, which lives until it is {@linkplain #unmap unmapped}.
     *
     * @param bytes how much; rounded up to whole pages by the kernel
     */
    public static MemorySegment anonymous(long bytes) {
        return map(bytes, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }

    /** As {@link #anonymous(long)}; it lives until the arena closes, or is garbage. */
    public static MemorySegment anonymous(long bytes, Arena arena) {
        return anonymous(bytes).reinterpret(bytes, arena, NativeMemory::unmap);
    }

    /**
     * Maps a shared stretch of a file or device for reading and writing.
     *
     * @param offset where in the file, a multiple of {@link #PAGE}
     */
    public static MemorySegment shared(int fd, long offset, long bytes) {
        return map(bytes, READ_WRITE, MAP_SHARED | MAP_NORESERVE, fd, offset);
    }

    /** As {@link #shared}, for reading alone. */
    public static MemorySegment sharedReadOnly(int fd, long offset, long bytes) {
        return map(bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, offset);
    }

    /** As {@link #shared}, with all pages in place at once. */
    public static MemorySegment sharedPopulated(int fd, long offset, long bytes) {
        return map(bytes, READ_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
    }

    /** Gives a mapping back. Nobody may touch it any more, the kernel on our behalf included. */
    public static void unmap(MemorySegment mapping) {
        try (Arena arena = Arena.ofConfined()) {
            int result = (int) MUNMAP.invokeExact(arena.allocate(CAPTURED), mapping.address(), mapping.byteSize());
            if (result != 0) {
                throw new IllegalArgumentException("munmap of " + mapping + " failed");
            }
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * Puts those pages of a mapped file in place that it has in memory, and others as reading them would; what the kernel doesn't
     * do (before Linux 5.14, or for lack of memory) is done at the first touch.
     *
     * @param mapping page aligned
     */
    public static void populate(MemorySegment mapping) {
        Libc.C.madvise(Libc.pointer(mapping.address()), mapping.byteSize(), MADV_POPULATE_READ);
    }

    /** Makes anonymous memory zero, and gives its pages back. @param mapping page aligned */
    public static void drop(MemorySegment mapping) {
        if (Libc.C.madvise(Libc.pointer(mapping.address()), mapping.byteSize(), MADV_DONTNEED) != 0) {
            throw new IllegalArgumentException("madvise of " + mapping + " failed: " + Libc.describe(Libc.errno()));
        }
    }

    private static MemorySegment map(long bytes, int protection, int flags, int fd, long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            long address = (long) MMAP.invokeExact(captured, 0L, bytes, protection, flags, fd, offset);
            if (address == MAP_FAILED) {
                int errno = (int) ERRNO.get(captured, 0L);
                throw new MappingException(bytes, errno);
            }
            return MemorySegment.ofAddress(address).reinterpret(bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static MethodHandle downcall(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), descriptor, Linker.Option.captureCallState("errno"));
    }

    private static RuntimeException unexpected(Throwable thrown) {
        return switch (thrown) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(thrown);
        };
    }
}
