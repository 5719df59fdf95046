// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.OpenFlags;
import io.tidemark.fuzz.Descriptors;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.socket.Fd;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** File descriptors that a hostile frontend may pass: what belongs where it is sent, and what never does. */
final class HostileFds implements AutoCloseable {
    private static final int O_PATH = 0x200000;

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
        IntStream.of(Descriptors.pipe()).forEach(fds::add);
        int[] alone = Descriptors.sockets();
        fds.add(alone[0]);
        Fd.close(alone[1]);
        IntStream.of(Descriptors.sockets()).forEach(fds::add);
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
