// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.memory.Region;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A split ring of 128 in guest memory, whose descriptors are written once. */
final class BenchRing implements AutoCloseable {
    static final int SIZE = 128;
    static final long GUEST = 0x4000_0000L;
    static final long USER = 0x7f00_0000_0000L;

    private static final int AVAIL = 0x1000;
    private static final int USED = 0x2000;
    private static final int INDIRECT = 0x3000;
    private static final int HEADER = 0x4000;
    private static final int DATA = 0x10000;
    private static final int RAM = 4 << 20;

    private final GuestRam ram = new GuestRam(GUEST, RAM);
    private final Region region = Region.map(GUEST, RAM, USER, 0, ram.fd());
    final GuestMemory memory = GuestMemory.EMPTY.with(region);
    final MemorySegment table = memory.user(USER, (long) SIZE * VirtqDescriptor.SIZE);

    Vring vring() {
        return new Vring(SIZE, USER, USER + AVAIL, USER + USED, 0, -1, -1, -1, BlkFeatures.EVENT_IDX, null);
    }

    /** A read or write with its data in so many equal buffers, which lie apart. The head is 0. */
    void request(int type, int bytes, int buffers, boolean indirect) {
        BlkRequestHeader.put(ram.at(GUEST + HEADER, BlkRequestHeader.SIZE), 0, type, 0);
        int at = indirect ? INDIRECT : 0;
        int piece = bytes / buffers;
        put(at, 0, HEADER, BlkRequestHeader.SIZE, VirtqDescriptor.F_NEXT);
        for (int i = 0; i < buffers; i++) {
            put(at, i + 1, DATA + 2 * i * piece, piece, VirtqDescriptor.F_NEXT | VirtqDescriptor.F_WRITE);
        }
        put(at, buffers + 1, HEADER + 64, 1, VirtqDescriptor.F_WRITE);
        if (indirect) {
            put(0, 0, INDIRECT, (buffers + 2) * VirtqDescriptor.SIZE, VirtqDescriptor.F_INDIRECT);
        }
    }

    private void put(int tableAt, int index, int offset, int length, int flags) {
        MemorySegment entry = ram.at(GUEST + tableAt + (long) index * VirtqDescriptor.SIZE, VirtqDescriptor.SIZE);
        entry.set(ValueLayout.JAVA_LONG, VirtqDescriptor.ADDR, GUEST + offset);
        entry.set(ValueLayout.JAVA_INT, VirtqDescriptor.LEN, length);
        entry.set(ValueLayout.JAVA_SHORT, VirtqDescriptor.FLAGS, (short) flags);
        entry.set(ValueLayout.JAVA_SHORT, VirtqDescriptor.NEXT, (short) (index + 1));
    }

    @Override
    public void close() {
        region.mapping().close();
        ram.close();
    }
}
