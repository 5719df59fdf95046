// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import io.tidemark.vhost.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A guest's memory between guards: two regions side by side, as the guest sees it, and one apart. Knows afterwards whether
 * anything was written that the device had no leave to write.
 */
public final class GuardedGuest implements AutoCloseable {
    /** Where the guest sees the first region. */
    public static final long GUEST = 0x4000_0000L;

    /** Where the frontend sees it. */
    public static final long USER = 0x7f00_0000_0000L;

    public static final int FIRST = (48 << 10) + 40;
    public static final int SECOND = (24 << 10) + 8;
    public static final int APART = 512;
    public static final long APART_AT = GUEST + (1 << 20);

    private final List<GuardedRam> regions = List.of(
            new GuardedRam(GUEST, USER, FIRST),
            new GuardedRam(GUEST + FIRST, USER + (1L << 32), SECOND),
            new GuardedRam(APART_AT, USER + (1L << 33), APART));
    private final GuestMemory table;
    private final List<byte[]> earlier = List.of(new byte[FIRST], new byte[SECOND], new byte[APART]);

    public GuardedGuest() {
        GuestMemory all = GuestMemory.EMPTY;
        for (GuardedRam ram : regions) {
            all = all.with(ram.region());
        }
        table = all;
    }

    public GuestMemory table() {
        return table;
    }

    /** The first region, where rings lie. */
    public MemorySegment first() {
        return regions.getFirst().memory();
    }

    public void clear() {
        regions.forEach(GuardedRam::clear);
    }

    /** The byte at a guest address; -1 where there is none. */
    public int read(long address) {
        for (GuardedRam ram : regions) {
            long offset = address - ram.guestAddress();
            if (Long.compareUnsigned(offset, ram.size()) < 0) {
                return ram.memory().get(ValueLayout.JAVA_BYTE, offset) & 0xff;
            }
        }
        return -1;
    }

    /** Writes at a guest address, as much as is memory. */
    public void write(long address, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            for (GuardedRam ram : regions) {
                long offset = address + i - ram.guestAddress();
                if (Long.compareUnsigned(offset, ram.size()) < 0) {
                    ram.memory().set(ValueLayout.JAVA_BYTE, offset, bytes[i]);
                }
            }
        }
    }

    /** Whether a stretch of this process's memory is the guest's. */
    public boolean holds(long hostAddress, long length) {
        return regions.stream().anyMatch(ram -> ram.holds(hostAddress, length));
    }

    /** From now on the device may write. */
    public void remember() {
        for (int i = 0; i < regions.size(); i++) {
            MemorySegment.ofArray(earlier.get(i)).copyFrom(regions.get(i).memory());
        }
    }

    /** What was written here was written with leave. */
    public void allow(long address, long length) {
        for (int i = 0; i < regions.size(); i++) {
            GuardedRam ram = regions.get(i);
            long from = Math.max(address, ram.guestAddress());
            long to = Math.min(address + length, ram.guestAddress() + ram.size());
            if (address >= 0 && address + length >= address && from < to) {
                long offset = from - ram.guestAddress();
                MemorySegment.copy(ram.memory(), offset, MemorySegment.ofArray(earlier.get(i)), offset, to - from);
            }
        }
    }

    /** @throws Finding where anything but what was allowed has changed, or anything beside the memory */
    public void check() {
        for (int i = 0; i < regions.size(); i++) {
            regions.get(i).check();
            long changed = regions.get(i).memory().mismatch(MemorySegment.ofArray(earlier.get(i)));
            if (changed >= 0) {
                throw new Finding(
                        "guest memory that no buffer covers was written: region %d at %d".formatted(i, changed));
            }
        }
    }

    @Override
    public void close() {
        regions.forEach(GuardedRam::close);
    }
}
