// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.posix.EventFd;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.OpenFlags;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.memory.Region;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The driver's side of a split virtqueue, in this process: writes descriptors by hand, well or badly, and reads the used
 * ring. One chain of header, data and status per id; ids are the heads divided by three.
 */
final class Driver implements AutoCloseable {
    static final long GUEST = 0x4000_0000L;
    static final long USER = 0x7f00_0000_0000L;
    static final int DATA = 1 << 20;

    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    final int size;
    final MemorySegment memory;
    private final Region region;
    final GuestMemory table;
    final EventFd kick = new EventFd();
    final EventFd call = new EventFd();

    private final long availAt;
    private final long usedAt;
    private final long headersAt;
    private final long dataAt;
    private final boolean eventIndex;

    /** The record of requests in flight that the ring is set up with, or null. */
    MemorySegment inflight;

    private int availIndex;
    private int usedIndex;

    Driver(int size, boolean eventIndex, int buffers) {
        this.size = size;
        this.eventIndex = eventIndex;
        availAt = (long) size * VirtqDescriptor.SIZE;
        usedAt = availAt + 4096;
        headersAt = usedAt + 16384;
        dataAt = headersAt + 65536;
        region = share(dataAt + (long) buffers * DATA);
        memory = MemorySegment.ofAddress(region.mapping().address()).reinterpret(region.size());
        table = GuestMemory.EMPTY.with(region);
    }

    /** The ring as the frontend sets it up, to go on from an avail index. */
    Vring vring(int base) {
        long features = eventIndex ? BlkFeatures.EVENT_IDX : 0;
        return new Vring(size, USER, USER + availAt, USER + usedAt, base, kick.fd(), call.fd(), -1, features, inflight);
    }

    private static Region share(long bytes) {
        try {
            Path file = Files.createTempFile(Path.of("/dev/shm"), "tidemark-guest", ".mem");
            int fd = Libc.C.open(file.toString(), OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC, 0);
            Files.delete(file);
            Libc.C.ftruncate(fd, bytes);
            try {
                return Region.map(GUEST, bytes, USER, 0, fd);
            } finally {
                Libc.C.close(fd);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    MemorySegment data(int id) {
        return memory.asSlice(dataAt + (long) id * DATA, DATA);
    }

    long dataAddress(int id) {
        return GUEST + dataAt + (long) id * DATA;
    }

    /** Where the header and the status of a chain lie, as the guest sees it. */
    long headerAddress(int id) {
        return GUEST + headersAt + id * 64L;
    }

    void header(int id, int type, long sector) {
        long at = headersAt + id * 64L;
        memory.set(INT, at + BlkRequestHeader.TYPE, type);
        memory.set(LONG, at + BlkRequestHeader.SECTOR, sector);
        memory.set(ValueLayout.JAVA_BYTE, at + 32, (byte) 0xff);
    }

    int status(int id) {
        return memory.get(ValueLayout.JAVA_BYTE, headersAt + id * 64L + 32);
    }

    void descriptor(int index, long address, int length, int flags, int next) {
        long at = (long) index * VirtqDescriptor.SIZE;
        memory.set(LONG, at + VirtqDescriptor.ADDR, address);
        memory.set(INT, at + VirtqDescriptor.LEN, length);
        memory.set(ValueLayout.JAVA_SHORT, at + VirtqDescriptor.FLAGS, (short) flags);
        memory.set(ValueLayout.JAVA_SHORT, at + VirtqDescriptor.NEXT, (short) next);
    }

    /** Header, data, status: as every driver lays it out. */
    void request(int id, int type, long sector, int dataLength, boolean dataWritable) {
        header(id, type, sector);
        int head = id * 3;
        if (dataLength == 0) {
            descriptor(head, headerAddress(id), 16, VirtqDescriptor.F_NEXT, head + 2);
        } else {
            descriptor(head, headerAddress(id), 16, VirtqDescriptor.F_NEXT, head + 1);
            int flags = VirtqDescriptor.F_NEXT | (dataWritable ? VirtqDescriptor.F_WRITE : 0);
            descriptor(head + 1, dataAddress(id), dataLength, flags, head + 2);
        }
        descriptor(head + 2, headerAddress(id) + 32, 1, VirtqDescriptor.F_WRITE, 0);
    }

    /** Puts a head into the avail ring; {@link #submit} shows it. */
    void offer(int head) {
        memory.set(
                ValueLayout.JAVA_SHORT,
                availAt + AvailRing.RING + (long) (availIndex & (size - 1)) * AvailRing.ENTRY,
                (short) head);
        availIndex = (availIndex + 1) & 0xffff;
    }

    void submit() {
        int old = Short.toUnsignedInt((short) SHORT.get(memory, availAt + AvailRing.IDX));
        SHORT.setRelease(memory, availAt + AvailRing.IDX, (short) availIndex);
        VarHandle.fullFence();
        boolean wanted;
        if (eventIndex) {
            int event = Short.toUnsignedInt((short) SHORT.getVolatile(memory, usedAt + UsedRing.availEvent(size)));
            wanted = ((availIndex - event - 1) & 0xffff) < ((availIndex - old) & 0xffff);
        } else {
            wanted = ((short) SHORT.getVolatile(memory, usedAt + UsedRing.FLAGS) & UsedRing.F_NO_NOTIFY) == 0;
        }
        if (wanted) {
            kick.signal();
        }
    }

    void availIndex(int index) {
        SHORT.setRelease(memory, availAt + AvailRing.IDX, (short) index);
        kick.signal();
    }

    /** The head of the next used chain, or -1 where there is none yet. */
    int used() {
        int index = Short.toUnsignedInt((short) SHORT.getAcquire(memory, usedAt + UsedRing.IDX));
        if (index == usedIndex) {
            return -1;
        }
        long entry = usedAt + UsedRing.RING + (long) (usedIndex & (size - 1)) * UsedRing.ENTRY;
        usedIndex = (usedIndex + 1) & 0xffff;
        return memory.get(ValueLayout.JAVA_INT, entry + UsedRing.ENTRY_ID);
    }

    /** Waits, looking, for the next used chain. */
    int awaitUsed() {
        long until = System.nanoTime() + 10_000_000_000L;
        int head = used();
        while (head < 0) {
            if (System.nanoTime() > until) {
                throw new AssertionError("no answer in the used ring after 10 s");
            }
            Thread.onSpinWait();
            head = used();
        }
        return head;
    }

    @Override
    public void close() {
        kick.close();
        call.close();
        region.mapping().close();
    }
}
