// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.GuardedGuest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** What a device may write that a hostile driver has made so many descriptors for: each of them, linked or not. */
final class Survey {
    /** A stretch of guest addresses. */
    private record Stretch(long address, long length) {
        boolean meets(Stretch other) {
            return address - other.address < other.length && other.address - address < length;
        }
    }

    private final GuardedGuest guest;
    private final int flagsAt;
    private final List<Stretch> tables = new ArrayList<>();
    private final List<Stretch> writable = new ArrayList<>();
    private final List<Stretch> rings = new ArrayList<>();

    /** @param flagsAt where a descriptor of this kind of ring has its flags */
    Survey(GuardedGuest guest, long flagsAt) {
        this.guest = guest;
        this.flagsAt = (int) flagsAt;
    }

    /** A part of the ring that the device writes. */
    void ring(long address, long length) {
        rings.add(new Stretch(address, length));
    }

    /** A table (or ring) of so many descriptors, with the indirect tables that it names. */
    void table(long address, int count) {
        Stretch table = new Stretch(address, (long) count * VirtqDescriptor.SIZE);
        tables.add(table);
        entries(table).forEach(this::note);
    }

    /** A descriptor, wherever it lies. */
    void note(ByteBuffer descriptor) {
        Stretch buffer = buffer(descriptor);
        if ((flags(descriptor) & VirtqDescriptor.F_INDIRECT) != 0) {
            long length = Math.min(buffer.length, (long) DescriptorChain.MAX_DESCRIPTORS * VirtqDescriptor.SIZE);
            Stretch indirect = new Stretch(buffer.address, length);
            tables.add(indirect);
            entries(indirect).forEach(this::noteBuffer);
        } else {
            noteBuffer(descriptor);
        }
    }

    private void noteBuffer(ByteBuffer descriptor) {
        if ((flags(descriptor) & VirtqDescriptor.F_WRITE) != 0) {
            writable.add(buffer(descriptor));
        }
    }

    private static Stretch buffer(ByteBuffer descriptor) {
        return new Stretch(
                descriptor.getLong((int) VirtqDescriptor.ADDR),
                Integer.toUnsignedLong(descriptor.getInt((int) VirtqDescriptor.LEN)));
    }

    private int flags(ByteBuffer descriptor) {
        return descriptor.getShort(flagsAt);
    }

    private List<ByteBuffer> entries(Stretch table) {
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

    /** Tells the guest's memory. */
    void allow() {
        if (rings.contains(tables.getFirst())) {
            // A chain of a packed ring may run, past its lap's end, over what the device has written there as used.
            entries(tables.getFirst()).forEach(this::noteBuffer);
        }
        // A device that is made to write descriptors makes new buffers; then only what lies beside the memory can be
        // told.
        boolean rewritten = tables.stream()
                .anyMatch(table -> writable.stream().anyMatch(table::meets)
                        || rings.stream().anyMatch(ring -> !ring.equals(tables.getFirst()) && table.meets(ring)));
        if (rewritten) {
            guest.remember();
        }
        writable.forEach(stretch -> guest.allow(stretch.address, stretch.length));
        rings.forEach(stretch -> guest.allow(stretch.address, stretch.length));
    }
}
