// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.DriverRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** QueueRegionPacked of the first queue (vhost-user.rst, "Inflight I/O tracking"). */
public record PackedInflight(InflightArea area) {
    public static final int REGION = 32;
    public static final int STATE = 32;

    private static final int VERSION = 8;
    private static final int DESCRIPTORS = 10;
    private static final int FREE_HEAD = 12;
    private static final int OLD_FREE_HEAD = 14;
    private static final int USED_INDEX = 16;
    private static final int OLD_USED_INDEX = 18;
    private static final int WRAP = 20;
    private static final int OLD_WRAP = 21;
    private static final int NEXT = 2;
    private static final int LAST = 4;
    private static final int COUNT = 6;
    private static final int COUNTER = 8;
    private static final int ID = 16;
    private static final int FLAGS = 18;
    private static final int LENGTH = 20;
    private static final int ADDRESS = 24;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

    private int u16(int at) {
        return Short.toUnsignedInt(area.memory().get(U16, at));
    }

    public int version() {
        return u16(VERSION);
    }

    public int descriptors() {
        return u16(DESCRIPTORS);
    }

    public int usedIndex() {
        return u16(USED_INDEX);
    }

    public int usedWrap() {
        return area.memory().get(U8, WRAP);
    }

    /** How many entries are marked. */
    public int marked(int size) {
        int count = 0;
        for (int entry = 0; entry < size; entry++) {
            count += area.memory().get(U8, REGION + (long) STATE * entry);
        }
        return count;
    }

    /** As a backend leaves it that took chains of equal length, in this order, and died before it did anything for them. */
    public void left(int size, List<List<Buffer>> chains, int[] ids) {
        MemorySegment memory = area.memory();
        for (int entry = 0; entry < size; entry++) {
            memory.set(U16, state(entry) + NEXT, (short) (entry + 1));
        }
        int entry = 0;
        for (int i = 0; i < chains.size(); i++) {
            List<Buffer> chain = chains.get(i);
            memory.set(U8, state(entry), (byte) 1);
            memory.set(U16, state(entry) + LAST, (short) (entry + chain.size() - 1));
            memory.set(U16, state(entry) + COUNT, (short) chain.size());
            memory.set(ValueLayout.JAVA_LONG_UNALIGNED, state(entry) + COUNTER, i);
            for (int k = 0; k < chain.size(); k++, entry++) {
                descriptor(memory, entry, chain.get(k), ids[i], k < chain.size() - 1);
            }
        }
        memory.set(U16, DESCRIPTORS, (short) size);
        memory.set(U16, FREE_HEAD, (short) entry);
        memory.set(U16, OLD_FREE_HEAD, (short) entry);
        memory.set(U16, USED_INDEX, (short) 0);
        memory.set(U16, OLD_USED_INDEX, (short) 0);
        memory.set(U8, WRAP, (byte) 1);
        memory.set(U8, OLD_WRAP, (byte) 1);
        memory.set(U16, VERSION, (short) 1);
    }

    private static void descriptor(MemorySegment memory, int entry, Buffer buffer, int id, boolean more) {
        int flags = (buffer.deviceWrites() ? DriverRing.WRITE : 0) | (more ? DriverRing.NEXT : 0);
        memory.set(U16, state(entry) + ID, (short) id);
        memory.set(U16, state(entry) + FLAGS, (short) (flags | PackedDisk.AVAILABLE));
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, state(entry) + LENGTH, buffer.length());
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, state(entry) + ADDRESS, buffer.address());
    }

    private static long state(int entry) {
        return REGION + (long) STATE * entry;
    }
}
