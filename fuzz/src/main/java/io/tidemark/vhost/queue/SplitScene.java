// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.Input;
import io.tidemark.vhost.blk.BlkFeatures;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A split ring as a hostile driver lays it out. */
final class SplitScene implements Scene {
    private static final int AVAIL = 0x1000;
    private static final int USED = 0x2000;

    private int size;
    private long table;
    private long avail;
    private long used;
    private int base;
    private boolean eventIndex;
    private int offered;
    private int usedAtFirst;
    private Survey survey;

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
        survey = new Survey(guest, VirtqDescriptor.FLAGS);
        survey.table(GuardedGuest.GUEST + table, size);
        survey.ring(usedAddress(), UsedRing.bytes(size));
    }

    private static void descriptors(Input input, GuardedGuest guest, long at, int count) {
        for (int i = 0; i < count; i++) {
            guest.write(
                    at + (long) i * VirtqDescriptor.SIZE,
                    HostileDescriptor.read(input, i).split());
        }
    }

    private void offer(Input input, GuardedGuest guest, boolean anything) {
        offered = input.below(size + 1);
        for (int i = 0; i < offered; i++) {
            int head = anything ? input.u16() : input.below(size);
            long entry = avail + AvailRing.RING + (long) (base + i & size - 1) * AvailRing.ENTRY;
            guest.write(GuardedGuest.GUEST + entry, u16(head));
        }
        int index = base + offered + (anything ? input.u16() : 0);
        guest.write(GuardedGuest.GUEST + avail + AvailRing.FLAGS, u16(input.u8()));
        guest.write(GuardedGuest.GUEST + avail + AvailRing.IDX, u16(index));
        guest.write(GuardedGuest.GUEST + avail + AvailRing.usedEvent(size), u16(input.u16()));
        guest.write(GuardedGuest.GUEST + used + UsedRing.IDX, u16(input.u16()));
        usedAtFirst = usedIndex(guest);
    }

    private static byte[] u16(int value) {
        return new byte[] {(byte) value, (byte) (value >> 8)};
    }

    @Override
    public void fillRecord(Input input, MemorySegment record) {
        record.set(ValueLayout.JAVA_SHORT, InflightLayout.VERSION, (short) input.ofOrAny(1, 1, 1, 0));
        record.set(ValueLayout.JAVA_SHORT, InflightLayout.DESCRIPTORS, (short)
                (input.bool() ? input.u16() : 1 << input.below(8)));
        record.set(ValueLayout.JAVA_SHORT, InflightLayout.LAST_BATCH_HEAD, (short) input.u16());
        record.set(ValueLayout.JAVA_SHORT, InflightLayout.USED_INDEX, (short) input.u16());
        for (int i = input.below(128); i > 0; i--) {
            long at = InflightLayout.STATES + input.below(128) * InflightLayout.STATE_SIZE;
            record.set(ValueLayout.JAVA_BYTE, at + InflightLayout.INFLIGHT, (byte) input.ofOrAny(1, 1, 1, 0));
            record.set(ValueLayout.JAVA_SHORT, at + InflightLayout.NEXT, (short) input.u16());
            record.set(ValueLayout.JAVA_LONG, at + InflightLayout.COUNTER, input.bool() ? input.u8() : input.i64());
        }
    }

    @Override
    public void scribble(Input input, MemorySegment record) {
        for (int i = input.below(8); i > 0; i--) {
            record.set(ValueLayout.JAVA_BYTE, input.u16() % InflightLayout.stride(size, false), (byte) input.u8());
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
    public int size() {
        return size;
    }

    @Override
    public long usedAddress() {
        return GuardedGuest.GUEST + used;
    }

    @Override
    public boolean isServed(GuardedGuest guest) {
        return usedIndex(guest) == (usedAtFirst + offered & 0xffff);
    }

    int usedIndex(GuardedGuest guest) {
        long at = usedAddress() + UsedRing.IDX;
        return guest.read(at) | guest.read(at + 1) << 8;
    }
}
