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

    private static final long POLLFD_REVENTS = 6;
    private static final long POLLFD_SIZE = 8;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final MethodHandle POLL = bind("poll", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, LONG, INT));

    private SystemCalls() {}

    private static MethodHandle bind(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
    }

    /** Waits without end until one of the two has something to say. @return what the first has, as a bit set */
    static int poll(int first, short events, int second, short secondEvents) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment fds = arena.allocate(2 * POLLFD_SIZE, 8);
            fds.set(INT, 0, first);
            fds.set(ValueLayout.JAVA_SHORT, POLLFD_EVENTS, events);
            fds.set(INT, POLLFD_SIZE, second);
            fds.set(ValueLayout.JAVA_SHORT, POLLFD_SIZE + POLLFD_EVENTS, secondEvents);
            int ready;
            do {
                ready = (int) POLL.invokeExact(state, fds, 2L, -1);
            } while (ready < 0 && state.get(INT, 0) == Errno.EINTR);
            if (ready < 0) {
                return -state.get(INT, 0);
            }
            boolean woken = fds.get(ValueLayout.JAVA_SHORT, POLLFD_SIZE + POLLFD_REVENTS) != 0;
            return woken ? 0 : fds.get(ValueLayout.JAVA_SHORT, POLLFD_REVENTS);
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
