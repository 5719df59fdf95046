// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The right to write a history: an open file description lock (fcntl(2), F_OFD_SETLK) on its {@code lock} file.
 *
 * <p>Unlike the locks of {@link java.nio.channels.FileChannel} it excludes others of the same process, and is not lost when
 * somebody else in the process closes the file. The kernel drops it when the process dies.
 */
public final class WriterLease implements AutoCloseable {
    /** fcntl.h, x86-64 and arm64. */
    private static final int O_RDWR = 2;

    private static final int O_CREAT = 0100;
    private static final int O_CLOEXEC = 02000000;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;

    /** struct flock: l_type, l_whence, l_start, l_len, l_pid. */
    private static final int FLOCK_SIZE = 32;

    private static final MethodHandle OPEN =
            bind("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), 2);
    private static final MethodHandle FCNTL =
            bind("fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS), 2);
    private static final MethodHandle CLOSE = bind("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), 1);

    private int fd;

    private WriterLease(int fd) {
        this.fd = fd;
    }

    /** Takes the lease, or refuses at once. */
    public static WriterLease take(Path lock, String history) {
        int fd = open(lock, history, O_RDWR | O_CREAT | O_CLOEXEC);
        try (var arena = Arena.ofConfined()) {
            if (call(FCNTL, fd, F_OFD_SETLK, flock(arena)) != 0) {
                call(CLOSE, fd);
                throw new StoreException(
                        Code.IN_USE,
                        history + ": store in use: another agent writes this history; stop it, or name another store");
            }
        }
        return new WriterLease(fd);
    }

    /** Whether somebody writes the history now. Takes nothing. */
    public static boolean isTaken(Path lock, String history) {
        int fd = open(lock, history, O_CLOEXEC);
        try (var arena = Arena.ofConfined()) {
            var flock = flock(arena);
            call(FCNTL, fd, F_OFD_GETLK, flock);
            return flock.get(JAVA_SHORT, 0) != F_UNLCK;
        } finally {
            call(CLOSE, fd);
        }
    }

    @Override
    public synchronized void close() {
        if (fd >= 0) {
            call(CLOSE, fd);
            fd = -1;
        }
    }

    private static MemorySegment flock(Arena arena) {
        var flock = arena.allocate(FLOCK_SIZE, JAVA_LONG.byteAlignment());
        flock.set(JAVA_SHORT, 0, F_WRLCK);
        return flock;
    }

    private static int open(Path lock, String history, int flags) {
        try (var arena = Arena.ofConfined()) {
            int fd = call(OPEN, arena.allocateFrom(lock.toString()), flags, 0644);
            if (fd < 0) {
                throw new StoreException(
                        Code.NO_PERMISSION,
                        history + ": cannot open " + lock + ": check that it exists, its owner and mode");
            }
            return fd;
        }
    }

    private static MethodHandle bind(String name, FunctionDescriptor descriptor, int variadic) {
        var linker = Linker.nativeLinker();
        var function = linker.defaultLookup().find(name).orElseThrow();
        return variadic < descriptor.argumentLayouts().size()
                ? linker.downcallHandle(function, descriptor, Linker.Option.firstVariadicArg(variadic))
                : linker.downcallHandle(function, descriptor);
    }

    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
