// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.OpenFlags;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** File descriptors that a hostile frontend may pass: what belongs where it is sent, and what never does. */
final class HostileFds implements AutoCloseable {
    private static final int O_PATH = 0x200000;
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle PIPE = bind("pipe", FunctionDescriptor.of(INT, ValueLayout.ADDRESS));
    private static final MethodHandle SOCKETPAIR =
            bind("socketpair", FunctionDescriptor.of(INT, INT, INT, INT, ValueLayout.ADDRESS));

    private final List<Integer> fds = new ArrayList<>();

    /** The memory, which stays its owner's, is the first. */
    HostileFds(GuestRam ram) {
        fds.add(ram.fd());
        fds.add(Libc.C.eventfd(0, 0x80800));
        fds.add(Libc.C.eventfd(0, 0x80000)); // one that blocks
        int small = Libc.C.memfd_create("guest-small", 1);
        Libc.C.ftruncate(small, 100);
        fds.add(small);
        fds.add(Libc.C.memfd_create("guest-empty", 1));
        fds.add(Libc.C.open("/dev/null", OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC, 0));
        fds.add(Libc.C.open("/dev/zero", OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC, 0));
        fds.add(Libc.C.open("/", O_PATH | OpenFlags.O_CLOEXEC, 0));
        fds.add(Libc.C.open("/proc/self/exe", OpenFlags.O_CLOEXEC, 0)); // only to read
        addPairs();
    }

    /** A pipe that nobody reads, one that nobody fills, a socket whose other end is closed, one whose isn't. */
    private void addPairs() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(INT, 2);
            int failed = (int) PIPE.invokeExact(pair);
            fds.add(pair.getAtIndex(INT, 0));
            fds.add(pair.getAtIndex(INT, 1));
            failed |= (int) SOCKETPAIR.invokeExact(AF_UNIX, SOCK_STREAM, 0, pair);
            fds.add(pair.getAtIndex(INT, 0));
            Fd.close(pair.getAtIndex(INT, 1));
            failed |= (int) SOCKETPAIR.invokeExact(AF_UNIX, SOCK_STREAM, 0, pair);
            fds.add(pair.getAtIndex(INT, 0));
            fds.add(pair.getAtIndex(INT, 1));
            if (failed != 0) {
                throw new IllegalStateException("no pipe or socket");
            }
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MethodHandle bind(String name, FunctionDescriptor type) {
        return Linker.nativeLinker()
                .downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow(name), type);
    }

    /** One of them, for any number. The first two, which belong somewhere, most often. */
    int get(int choice) {
        return fds.get(choice < 64 ? choice & 1 : choice % fds.size());
    }

    @Override
    public void close() {
        fds.subList(1, fds.size()).forEach(Fd::close);
    }
}
