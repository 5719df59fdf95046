// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.memory.Region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** A ring in guest memory whose driver offers the same turn of reads again and again. */
public final class BenchRing implements AutoCloseable {
    /** How many requests a turn has. */
    static final int TURN = 32;

    /** Header, data and status in three descriptors; the same in an indirect table; 64 KiB in sixteen pieces. */
    public enum Layout {
        DIRECT_4K(1),
        INDIRECT_4K(1),
        DIRECT_64K_16(16);

        private final int pieces;

        Layout(int pieces) {
            this.pieces = pieces;
        }
    }

    public enum Kind {
        SPLIT,
        PACKED
    }

    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final long GUEST = 0x4000_0000L;
    private static final long USER = 0x7f00_0000_0000L;
    private static final int AVAIL = 0x8000;
    private static final int USED = 0xa000;
    private static final int INDIRECT = 0xe000;
    private static final int HEADER = 0xf000;
    private static final int DATA = 0x10000;
    private static final int PIECE = 4096;
    private static final int RAM = 4 << 20;

    private final GuestRam ram = new GuestRam(GUEST, RAM);
    private final Region region = Region.map(GUEST, RAM, USER, 0, ram.fd());
    final GuestMemory memory = GuestMemory.EMPTY.with(region);
    private final Kind kind;
    private final Layout layout;
    private final int perRequest;
    private final int size;
    private final MemorySegment table = ram.at(GUEST, AVAIL);
    private final MemorySegment avail = ram.at(GUEST + AVAIL, USED - AVAIL);
    private int offered;
    private boolean wrap = true;

    BenchRing(Kind kind, Layout layout) {
        this.kind = kind;
        this.layout = layout;
        this.perRequest = layout == Layout.INDIRECT_4K ? 1 : layout.pieces + 2;
        // A packed ring of any size: each turn is a lap.
        this.size = kind == Kind.PACKED ? TURN * perRequest : Integer.highestOneBit(TURN * perRequest * 2 - 1);
        BlkRequestHeader.put(ram.at(GUEST + HEADER, BlkRequestHeader.SIZE), 0, BlkRequestType.IN, 0);
        for (int request = 0; request < TURN; request++) {
            int head = request * perRequest;
            if (layout == Layout.INDIRECT_4K) {
                chain(INDIRECT, 0);
                put(head * PackedDescriptor.SIZE, INDIRECT, 3 * PackedDescriptor.SIZE, VirtqDescriptor.F_INDIRECT, 0);
            } else {
                chain(0, head);
            }
        }
        for (int i = 0; kind == Kind.SPLIT && i < size; i++) {
            avail.set(ValueLayout.JAVA_SHORT, AvailRing.RING + (long) i * AvailRing.ENTRY, (short)
                    (i % TURN * perRequest));
        }
    }

    private void chain(int tableAt, int head) {
        int last = layout.pieces + 1;
        for (int i = 0; i <= last; i++) {
            int offset = i == 0 ? HEADER : i == last ? HEADER + 64 : DATA + 2 * i * PIECE;
            int length = i == 0 ? BlkRequestHeader.SIZE : i == last ? 1 : PIECE;
            int flags = (i == 0 ? 0 : VirtqDescriptor.F_WRITE) | (i == last ? 0 : VirtqDescriptor.F_NEXT);
            put(tableAt + (head + i) * PackedDescriptor.SIZE, offset, length, flags, head + i + 1);
        }
    }

    /** The last two fields lie where the kind of ring has them. */
    private void put(int at, int offset, int length, int flags, int next) {
        MemorySegment entry = ram.at(GUEST + at, PackedDescriptor.SIZE);
        boolean packed = kind == Kind.PACKED;
        entry.set(ValueLayout.JAVA_LONG, PackedDescriptor.ADDR, GUEST + offset);
        entry.set(ValueLayout.JAVA_INT, PackedDescriptor.LEN, length);
        entry.set(ValueLayout.JAVA_SHORT, PackedDescriptor.ID, (short) (packed ? 1 : flags));
        entry.set(ValueLayout.JAVA_SHORT, PackedDescriptor.FLAGS, (short) (packed ? flags : next));
    }

    /** The device's side, with or without a record of what is in flight. */
    Virtqueue open(boolean record) throws BrokenRingException {
        boolean packed = kind == Kind.PACKED;
        MemorySegment inflight = record ? Arena.ofAuto().allocate(InflightLayout.stride(size, packed), 64) : null;
        long features = BlkFeatures.EVENT_IDX | (packed ? BlkFeatures.RING_PACKED : 0);
        int base = packed ? RingPosition.WRAP | RingPosition.WRAP << 16 : 0;
        return Virtqueue.open(
                new Vring(size, USER, USER + AVAIL, USER + USED, base, -1, -1, -1, features, inflight), memory);
    }

    /** The driver offers a turn's requests; those of the turn before were given back. */
    void offer() {
        if (kind == Kind.SPLIT) {
            offered += TURN;
            SHORT.setRelease(avail, AvailRing.IDX, (short) offered);
            return;
        }
        // Whoever takes only looks afterwards, so the order does not matter. The device has overwritten some lengths.
        int lap = PackedDescriptor.available(wrap);
        int last = perRequest - 1;
        for (int i = 0; i < size; i++) {
            int place = i % perRequest;
            int flags = last == 0
                    ? VirtqDescriptor.F_INDIRECT
                    : (place == 0 ? 0 : VirtqDescriptor.F_WRITE) | (place == last ? 0 : VirtqDescriptor.F_NEXT);
            long at = (long) i * PackedDescriptor.SIZE;
            if (place == 0) {
                int length = last == 0 ? 3 * PackedDescriptor.SIZE : BlkRequestHeader.SIZE;
                table.set(ValueLayout.JAVA_INT, at + PackedDescriptor.LEN, length);
            }
            table.set(ValueLayout.JAVA_SHORT, at + PackedDescriptor.FLAGS, (short) (flags | lap));
        }
        VarHandle.releaseFence();
        wrap = !wrap;
    }

    @Override
    public void close() {
        region.mapping().close();
        ram.close();
    }
}
