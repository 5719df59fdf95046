// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Calls of the C library on file descriptors. */
public final class Descriptors {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM_CLOEXEC = 0x80001;
    private static final short POLLIN = 1;

    private static final MethodHandle SOCKETPAIR =
            bind("socketpair", FunctionDescriptor.of(INT, INT, INT, INT, ValueLayout.ADDRESS));
    private static final MethodHandle POLL = bind("poll", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, LONG, INT));
    private static final MethodHandle READ = bind("read", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG));

    private Descriptors() {}

    private static MethodHandle bind(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
    }

    /** Two ends of a connection. Closing closes both. */
    public record Pair(int ours, int theirs) implements AutoCloseable {
        @Override
        public void close() {
            Fd.close(ours);
            Fd.close(theirs);
        }
    }

    public static Pair socketPair() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(INT, 2);
            int result = (int) SOCKETPAIR.invokeExact(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, ends);
            Expect.that(result == 0, "socketpair failed");
            return new Pair(ends.getAtIndex(INT, 0), ends.getAtIndex(INT, 1));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until an eventfd was signalled, and clears it. @return false when the time is over first */
    public static boolean awaitEvent(int fd, int milliseconds) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment poll = arena.allocate(8, 8);
            poll.set(INT, 0, fd);
            poll.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
            int ready = (int) POLL.invokeExact(poll, 1L, milliseconds);
            if (ready <= 0) {
                return false;
            }
            long unused = (long) READ.invokeExact(fd, arena.allocate(8, 8), 8L);
            return true;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
