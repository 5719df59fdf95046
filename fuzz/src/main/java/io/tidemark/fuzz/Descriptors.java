// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** File descriptors that come in pairs. Who asks for them closes them. */
public final class Descriptors {
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SHUT_WR = 1;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle PIPE = bind("pipe", FunctionDescriptor.of(INT, ValueLayout.ADDRESS));
    private static final MethodHandle SOCKETPAIR =
            bind("socketpair", FunctionDescriptor.of(INT, INT, INT, INT, ValueLayout.ADDRESS));
    private static final MethodHandle SHUTDOWN = bind("shutdown", FunctionDescriptor.of(INT, INT, INT));

    private Descriptors() {}

    private static MethodHandle bind(String name, FunctionDescriptor type) {
        return Linker.nativeLinker()
                .downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow(name), type);
    }

    /** The end to read from, and the one to write to. */
    public static int[] pipe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(INT, 2);
            succeeded((int) PIPE.invokeExact(pair));
            return pair.toArray(INT);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Two stream sockets that are connected with each other. */
    public static int[] sockets() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(INT, 2);
            succeeded((int) SOCKETPAIR.invokeExact(AF_UNIX, SOCK_STREAM, 0, pair));
            return pair.toArray(INT);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The other side sees the end of the stream; this one can still receive. */
    public static void endOutput(int socket) {
        try {
            succeeded((int) SHUTDOWN.invokeExact(socket, SHUT_WR));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void succeeded(int result) {
        if (result != 0) {
            throw new IllegalStateException("the system has no pipe or socket for us");
        }
    }
}
