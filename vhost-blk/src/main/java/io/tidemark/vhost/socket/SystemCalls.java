// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import io.tidemark.disk.posix.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/** The calls of the C library that only sockets need. Results are as the kernel gives them: negative errnos. */
final class SystemCalls {
    static final POSIX LIBC = POSIXFactory.getNativePOSIX();

    /** struct pollfd, poll.h: fd, events, revents. */
    private static final long POLLFD_EVENTS = 4;

    static final short POLLIN = 1;
    static final short POLLOUT = 4;

    private static final long POLLFD_REVENTS = 6;
    private static final long POLLFD_SIZE = 8;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final MethodHandle POLL = bind("poll", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, LONG, INT));

    private static final MethodHandle ACCEPT =
            bind("accept4", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, INT));

    private static final int SOCK_CLOEXEC = 0x80000;

    private SystemCalls() {}

    private static MethodHandle bind(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
    }

    /**
     * Waits without end until the descriptor has something to say, or one of the others can be read.
     *
     * @return what the first has, as a bit set; 0 when another has something
     */
    static int poll(int fd, short events, int... others) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment fds = arena.allocate((1 + others.length) * POLLFD_SIZE, 8);
            putPollfd(fds, 0, fd, events);
            for (int i = 0; i < others.length; i++) {
                putPollfd(fds, (1 + i) * POLLFD_SIZE, others[i], POLLIN);
            }
            int ready;
            do {
                ready = (int) POLL.invokeExact(state, fds, 1L + others.length, -1);
            } while (ready < 0 && state.get(INT, 0) == Errno.EINTR);
            if (ready < 0) {
                return -state.get(INT, 0);
            }
            for (int i = 1; i <= others.length; i++) {
                if (fds.get(ValueLayout.JAVA_SHORT, i * POLLFD_SIZE + POLLFD_REVENTS) != 0) {
                    return 0;
                }
            }
            return fds.get(ValueLayout.JAVA_SHORT, POLLFD_REVENTS);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** Takes a connection that waits. @return its descriptor, or a negative errno */
    static int accept(int listening) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int fd = (int) ACCEPT.invokeExact(state, listening, MemorySegment.NULL, MemorySegment.NULL, SOCK_CLOEXEC);
            return fd < 0 ? -state.get(INT, 0) : fd;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static void putPollfd(MemorySegment fds, long at, int fd, short events) {
        fds.set(INT, at, fd);
        fds.set(ValueLayout.JAVA_SHORT, at + POLLFD_EVENTS, events);
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
