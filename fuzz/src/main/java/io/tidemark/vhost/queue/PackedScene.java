// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.Input;
import io.tidemark.vhost.blk.BlkFeatures;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A packed ring as a hostile driver lays it out. It reads an input as {@link SplitScene} does, as far as the two are alike. */
final class PackedScene implements Scene {
    private static final int DRIVER = 0x1000;
    private static final int DEVICE = 0x2000;
    private static final int FRESH = RingPosition.WRAP | RingPosition.WRAP << 16;
    private static final int LARGEST = 128;

    private int size;
    private long ring;
    private long driver;
    private long device;
    private int base;
    private boolean eventIndex;
    private Survey survey;

    @Override
    public void fill(Input input, GuardedGuest guest) {
        int shape = input.u8();
        size = (shape & 7) == 7 ? 1 + input.below(LARGEST) : 1 << (shape & 7);
        eventIndex = (shape & 8) != 0;
        boolean placed = (shape & 0x30) == 0x30;
        ring = placed ? input.u16() : 0;
        driver = placed ? input.u16() : DRIVER;
        device = placed ? input.u16() : DEVICE;
        base = base(input, shape);
        HostileRequests.fill(input, guest);
        for (int i = input.below(4); i > 0; i--) {
            long table = GuardedGuest.GUEST + HostileDescriptor.TABLES + 16L * input.u8();
            int count = input.below(64);
            for (int j = 0; j < count; j++) {
                put(guest, table, j, HostileDescriptor.read(input, j).packed(0));
            }
        }
        offer(input, guest);
        guest.write(GuardedGuest.GUEST + driver, u32(input.i32()));
        survey = new Survey(guest, PackedDescriptor.FLAGS);
        survey.table(GuardedGuest.GUEST + ring, size);
        survey.ring(GuardedGuest.GUEST + ring, (long) size * PackedDescriptor.SIZE);
        survey.ring(usedAddress(), EventSuppression.SIZE);
    }

    private int base(Input input, int shape) {
        if ((shape & 0x40) == 0) {
            return FRESH;
        }
        if ((shape & 0x80) != 0) {
            return input.i32();
        }
        int position = input.below(LARGEST) % size | (input.bool() ? RingPosition.WRAP : 0);
        return position | position << 16;
    }

    /** Available from where the device goes on, into the next lap where there are many. */
    private void offer(Input input, GuardedGuest guest) {
        int count = input.below(size + 1);
        int at = base & 0xffff;
        for (int i = 0; i < count; i++) {
            int flags = PackedDescriptor.available(RingPosition.wrap(at));
            put(
                    guest,
                    GuardedGuest.GUEST + ring,
                    RingPosition.index(at),
                    HostileDescriptor.read(input, i).packed(flags));
            at = RingPosition.advance(at, 1, size);
        }
    }

    private static void put(GuardedGuest guest, long table, int index, byte[] descriptor) {
        guest.write(table + (long) index * PackedDescriptor.SIZE, descriptor);
    }

    private static byte[] u32(int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    /** Mostly lists that hang together, of requests that a driver could have made. */
    @Override
    public void fillRecord(Input input, MemorySegment record) {
        record.set(ValueLayout.JAVA_SHORT, PackedInflightLayout.VERSION, (short) input.ofOrAny(1, 1, 1, 0));
        record.set(ValueLayout.JAVA_SHORT, PackedInflightLayout.DESCRIPTORS, (short) input.ofOrAny(size, size, size));
        int requests = input.below(LARGEST);
        int entry = 0;
        for (int i = 0; i < requests && entry < size; i++) {
            entry = request(input, record, entry, i);
        }
        record.set(ValueLayout.JAVA_SHORT, PackedInflightLayout.FREE_HEAD, (short) input.ofOrAny(entry, entry, 0));
        record.set(ValueLayout.JAVA_SHORT, PackedInflightLayout.FREE_HEAD + 2, (short) input.ofOrAny(entry, entry, 0));
        for (; entry < size; entry++) {
            long state = PackedInflightLayout.state(entry);
            record.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.NEXT, (short) (entry + 1));
        }
        int position = (int) input.ofOrAny(base & 0xffff, RingPosition.WRAP, input.below(LARGEST)) & 0xffff;
        int old = (int) input.ofOrAny(position, position, input.below(LARGEST)) & 0xffff;
        record.set(ValueLayout.JAVA_LONG, PackedInflightLayout.USED, PackedInflightLayout.used(position, old));
        scribble(input, record);
    }

    private int request(Input input, MemorySegment record, int first, int counter) {
        int count = 1 + input.below(4);
        int entry = first;
        for (int i = 0; i < count && entry < size; i++) {
            HostileDescriptor descriptor = HostileDescriptor.read(input, entry);
            long state = PackedInflightLayout.state(entry);
            record.set(ValueLayout.JAVA_LONG, state + PackedInflightLayout.ADDR, descriptor.address());
            record.set(ValueLayout.JAVA_INT, state + PackedInflightLayout.LEN, descriptor.length());
            record.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.FLAGS, (short) descriptor.flags());
            record.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.ID, (short) descriptor.next());
            record.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.NEXT, (short) (entry + 1));
            entry++;
        }
        long state = PackedInflightLayout.state(first);
        record.set(ValueLayout.JAVA_BYTE, state + PackedInflightLayout.INFLIGHT, (byte) 1);
        record.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.COUNT, (short)
                input.ofOrAny(entry - first, entry - first, entry - first));
        record.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.LAST, (short) (entry - 1));
        record.set(ValueLayout.JAVA_LONG, state + PackedInflightLayout.COUNTER, input.ofOrAny(counter, counter, 0));
        return entry;
    }

    @Override
    public void scribble(Input input, MemorySegment record) {
        for (int i = input.below(8); i > 0; i--) {
            record.set(ValueLayout.JAVA_BYTE, input.u16() % InflightLayout.stride(size, true), (byte) input.u8());
        }
        note(record);
    }

    private void note(MemorySegment record) {
        for (int entry = 0; entry < size; entry++) {
            long state = PackedInflightLayout.state(entry);
            ByteBuffer descriptor = ByteBuffer.allocate(PackedDescriptor.SIZE).order(ByteOrder.LITTLE_ENDIAN);
            descriptor.putLong(record.get(ValueLayout.JAVA_LONG, state + PackedInflightLayout.ADDR));
            descriptor.putInt(record.get(ValueLayout.JAVA_INT, state + PackedInflightLayout.LEN));
            descriptor.putShort(record.get(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.ID));
            descriptor.putShort(record.get(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.FLAGS));
            survey.note(descriptor);
        }
    }

    @Override
    public void allow() {
        survey.allow();
    }

    @Override
    public Vring vring(int kickFd, int callFd, int errorFd, MemorySegment inflight) {
        return new Vring(
                size,
                GuardedGuest.USER + ring,
                GuardedGuest.USER + driver,
                GuardedGuest.USER + device,
                base,
                kickFd,
                callFd,
                errorFd,
                BlkFeatures.RING_PACKED | (eventIndex ? BlkFeatures.EVENT_IDX : 0),
                inflight);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public long usedAddress() {
        return GuardedGuest.GUEST + device;
    }

    /** A device that falls asleep asks for kicks. */
    @Override
    public boolean isServed(GuardedGuest guest) {
        return guest.read(usedAddress() + 2) != EventSuppression.DISABLE;
    }
}
