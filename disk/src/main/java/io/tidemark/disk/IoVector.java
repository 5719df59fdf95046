// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The buffers of one request, laid out as the kernel's {@code struct iovec[]} (uapi/linux/uio.h), so that they go to it
 * as they are.
 *
 * <p>Addresses in it are trusted: whoever adds one has checked that the whole buffer lies in memory that stays mapped
 * until the request completes.
 */
public final class IoVector {
    static final long BASE = 0;
    static final long LENGTH = 8;
    static final long SIZE = 16;

    /** All of the address space, to reach the buffers through; see the class comment for why that is safe. */
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final MemorySegment entries;
    private final int capacity;
    private int count;
    private long bytes;
    private long bits;

    /** @param capacity how many buffers fit */
    public IoVector(int capacity) {
        this.capacity = capacity;
        this.entries = Arena.ofAuto().allocate(MemoryLayout.sequenceLayout(capacity * SIZE, ValueLayout.JAVA_BYTE), 8);
    }

    public void clear() {
        count = 0;
        bytes = 0;
        bits = 0;
    }

    /** Appends a buffer; one that continues the last makes it longer. False when the vector is full. */
    public boolean add(long address, long length) {
        bits |= address | length;
        if (count > 0) {
            long last = (count - 1) * SIZE;
            long lastLength = entries.get(ValueLayout.JAVA_LONG, last + LENGTH);
            if (entries.get(ValueLayout.JAVA_LONG, last + BASE) + lastLength == address) {
                entries.set(ValueLayout.JAVA_LONG, last + LENGTH, lastLength + length);
                bytes += length;
                return true;
            }
        }
        if (count == capacity) {
            return false;
        }
        entries.set(ValueLayout.JAVA_LONG, count * SIZE + BASE, address);
        entries.set(ValueLayout.JAVA_LONG, count * SIZE + LENGTH, length);
        count++;
        bytes += length;
        return true;
    }

    /** How many buffers there are. */
    public int count() {
        return count;
    }

    /** The buffers' lengths added up. */
    public long bytes() {
        return bytes;
    }

    /** Whether every buffer's address and length is a multiple of {@code alignment}, a power of two. */
    public boolean alignedTo(int alignment) {
        return (bits & (alignment - 1)) == 0;
    }

    /** Drops the first {@code done} bytes, which is fewer than {@link #bytes()}. */
    public void advance(long done) {
        int first = 0;
        long skip = done;
        while (skip >= length(first)) {
            skip -= length(first);
            first++;
        }
        int left = count - first;
        MemorySegment.copy(entries, first * SIZE, entries, 0, left * SIZE);
        entries.set(ValueLayout.JAVA_LONG, BASE, address(0) + skip);
        entries.set(ValueLayout.JAVA_LONG, LENGTH, length(0) - skip);
        bits |= skip;
        count = left;
        bytes -= done;
    }

    public long address(int index) {
        return entries.get(ValueLayout.JAVA_LONG, index * SIZE + BASE);
    }

    public long length(int index) {
        return entries.get(ValueLayout.JAVA_LONG, index * SIZE + LENGTH);
    }

    /** Where the kernel finds the vector. */
    public long tableAddress() {
        return entries.address();
    }

    /** Copies all the buffers, in order, to {@link #bytes()} bytes at {@code address}. */
    public void copyTo(long address) {
        long at = address;
        for (int i = 0; i < count; i++) {
            long length = length(i);
            MemorySegment.copy(MEMORY, address(i), MEMORY, at, length);
            at += length;
        }
    }

    /** Fills all the buffers, in order, from {@link #bytes()} bytes at {@code address}. */
    public void copyFrom(long address) {
        long at = address;
        for (int i = 0; i < count; i++) {
            long length = length(i);
            MemorySegment.copy(MEMORY, at, MEMORY, address(i), length);
            at += length;
        }
    }
}
