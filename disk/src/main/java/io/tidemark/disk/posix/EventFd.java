// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** An {@code eventfd(2)} of our own: any thread signals it, a loop's io_uring polls it, or a thread waits for it. */
public final class EventFd implements AutoCloseable {
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;

    private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_LONG, 1);
    private static final MethodHandle WRITE = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("write"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

    private final int fd;
    private boolean closed;

    public EventFd() {
        fd = Libc.C.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0) {
            throw new IllegalStateException("eventfd: " + Libc.describe(Libc.errno()));
        }
    }

    public int fd() {
        return fd;
    }

    /**
     * Adds one. Whoever polls is told, each time; nobody needs to read the counter, which is too large to fill. Does nothing
     * once closed: the number may be another file's by then.
     */
    public synchronized void signal() {
        if (!closed) {
            signal(fd);
        }
    }

    /** Adds one to somebody else's eventfd; quietly does nothing where the descriptor is none. */
    public static void signal(int fd) {
        try {
            long unused = (long) WRITE.invokeExact(fd, ONE, (long) Long.BYTES);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Libc.C.close(fd);
        }
    }
}
