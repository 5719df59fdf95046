// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.Input;
import io.tidemark.vhost.blk.BlkFeatures;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A split ring as a hostile driver lays it out. */
final class SplitScene implements Scene {
    private static final int AVAIL = 0x1000;
    private static final int USED = 0x2000;

    /** A stretch of guest addresses. */
    private record Stretch(long address, long length) {
        boolean meets(Stretch other) {
            return address - other.address < other.length && other.address - address < length;
        }
    }

    private int size;
    private long table;
    private long avail;
    private long used;
    private int base;
    private boolean eventIndex;
    private int[] heads;
    private List<Stretch> tables;
    private List<Stretch> writable;

    @Override
    public void fill(Input input, GuardedGuest guest) {
        int shape = input.u8();
        size = 1 << (shape & 7);
        eventIndex = (shape & 8) != 0;
        boolean placed = (shape & 0x30) == 0x30;
        table = placed ? input.u16() : 0;
        avail = placed ? input.u16() : AVAIL;
        used = placed ? input.u16() : USED;
        base = (shape & 0x40) == 0 ? 0 : input.u16();
        HostileRequests.fill(input, guest);
        for (int i = input.below(4); i > 0; i--) {
            descriptors(
                    input, guest, GuardedGuest.GUEST + HostileDescriptor.TABLES + 16L * input.u8(), input.below(64));
        }
        descriptors(input, guest, GuardedGuest.GUEST + table, input.below(size + 1));
        offer(input, guest, (shape & 0x80) != 0);
        tables = new ArrayList<>();
        writable = new ArrayList<>();
        survey(guest);
    }

    private static void descriptors(Input input, GuardedGuest guest, long at, int count) {
        for (int i = 0; i < count; i++) {
            guest.write(
                    at + (long) i * VirtqDescriptor.SIZE,
                    HostileDescriptor.read(input, i).split());
        }
    }

    private void offer(Input input, GuardedGuest guest, boolean anything) {
        heads = new int[input.below(size + 1)];
        for (int i = 0; i < heads.length; i++) {
            heads[i] = anything ? input.u16() : input.below(size);
            long entry = avail + AvailRing.RING + (long) (base + i & size - 1) * AvailRing.ENTRY;
            guest.write(GuardedGuest.GUEST + entry, u16(heads[i]));
        }
        int index = base + heads.length + (anything ? input.u16() : 0);
        guest.write(GuardedGuest.GUEST + avail + AvailRing.FLAGS, u16(input.u8()));
        guest.write(GuardedGuest.GUEST + avail + AvailRing.IDX, u16(index));
        guest.write(GuardedGuest.GUEST + avail + AvailRing.usedEvent(size), u16(input.u16()));
        guest.write(GuardedGuest.GUEST + used + UsedRing.IDX, u16(input.u16()));
    }

    private static byte[] u16(int value) {
        return new byte[] {(byte) value, (byte) (value >> 8)};
    }

    /** Every descriptor anywhere in a table, linked or not: what the device may write is among these. */
    private void survey(GuardedGuest guest) {
        Stretch main = new Stretch(GuardedGuest.GUEST + table, (long) size * VirtqDescriptor.SIZE);
        tables.add(main);
        for (ByteBuffer descriptor : entries(guest, main)) {
            Stretch buffer = buffer(descriptor);
            if ((flags(descriptor) & VirtqDescriptor.F_INDIRECT) != 0) {
                long length = Math.min(buffer.length, (long) DescriptorChain.MAX_DESCRIPTORS * VirtqDescriptor.SIZE);
                Stretch indirect = new Stretch(buffer.address, length);
                tables.add(indirect);
                entries(guest, indirect).forEach(this::note);
            } else {
                note(descriptor);
            }
        }
    }

    private void note(ByteBuffer descriptor) {
        if ((flags(descriptor) & VirtqDescriptor.F_WRITE) != 0) {
            writable.add(buffer(descriptor));
        }
    }

    private static Stretch buffer(ByteBuffer descriptor) {
        return new Stretch(
                descriptor.getLong((int) VirtqDescriptor.ADDR),
                Integer.toUnsignedLong(descriptor.getInt((int) VirtqDescriptor.LEN)));
    }

    private static int flags(ByteBuffer descriptor) {
        return descriptor.getShort((int) VirtqDescriptor.FLAGS);
    }

    private static List<ByteBuffer> entries(GuardedGuest guest, Stretch table) {
        List<ByteBuffer> entries = new ArrayList<>();
        for (long at = 0; at + VirtqDescriptor.SIZE <= table.length; at += VirtqDescriptor.SIZE) {
            if (guest.read(table.address + at) >= 0) {
                ByteBuffer entry = ByteBuffer.allocate(VirtqDescriptor.SIZE).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < VirtqDescriptor.SIZE; i++) {
                    entry.put((byte) guest.read(table.address + at + i));
                }
                entries.add(entry.flip());
            }
        }
        return entries;
    }

    @Override
    public void allow(GuardedGuest guest) {
        writable.add(new Stretch(GuardedGuest.GUEST + used, UsedRing.bytes(size)));
        // A device that is made to write descriptors makes new buffers; then only what lies beside the memory can be
        // told.
        boolean rewritten = tables.stream().anyMatch(one -> writable.stream().anyMatch(one::meets));
        if (rewritten) {
            guest.remember();
        }
        writable.forEach(stretch -> guest.allow(stretch.address, stretch.length));
    }

    @Override
    public Vring vring(int kickFd, int callFd, int errorFd, MemorySegment inflight) {
        return new Vring(
                size,
                GuardedGuest.USER + table,
                GuardedGuest.USER + avail,
                GuardedGuest.USER + used,
                base,
                kickFd,
                callFd,
                errorFd,
                eventIndex ? BlkFeatures.EVENT_IDX : 0,
                inflight);
    }

    @Override
    public int[] heads() {
        return heads;
    }

    int size() {
        return size;
    }

    int usedIndex(GuardedGuest guest) {
        long at = GuardedGuest.GUEST + used + UsedRing.IDX;
        return guest.read(at) | guest.read(at + 1) << 8;
    }

    /** Null where it isn't in memory. */
    MemorySegment descriptors(GuardedGuest guest) {
        return guest.table().user(GuardedGuest.USER + table, (long) size * VirtqDescriptor.SIZE);
    }
}
