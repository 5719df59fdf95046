// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.posix.LateFault;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
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

    private final MemorySegment entries;
    private final int capacity;
    private int first;
    private int count;
    private long bytes;
    private long bits;

    /** How much of the first buffer is {@linkplain #advance dropped}, and how much in all. */
    private long droppedOfFirst;

    private long dropped;

    /** @param capacity how many buffers fit */
    public IoVector(int capacity) {
        this(Arena.ofAuto().allocate(capacity * SIZE, Long.BYTES));
    }

    /** @param table where the vector lies: 16 bytes for each buffer, 8-byte aligned native memory */
    public IoVector(MemorySegment table) {
        this.entries = table;
        this.capacity = (int) (table.byteSize() / SIZE);
    }

    /** How many bytes of table a vector of so many buffers takes. */
    public static long tableBytes(int capacity) {
        return capacity * SIZE;
    }

    public void clear() {
        first = 0;
        droppedOfFirst = 0;
        dropped = 0;
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

    /**
     * Appends a part of another vector's bytes; it has room for as many buffers as the other has.
     *
     * @param skip where the part begins, counted from the other's first byte
     */
    public void addPart(IoVector other, long skip, long length) {
        long before = skip;
        long left = length;
        for (int i = 0; left > 0; i++) {
            long size = other.length(i);
            if (before < size) {
                long part = Math.min(left, size - before);
                add(other.address(i) + before, part);
                left -= part;
            }
            before = Math.max(0, before - size);
        }
    }

    /**
     * Makes a part of the bytes zero.
     *
     * @return false where memory has vanished meanwhile (its file was cut)
     */
    public boolean fillZero(long skip, long length) {
        try {
            long before = skip;
            long left = length;
            for (int i = 0; left > 0; i++) {
                long size = length(i);
                if (before < size) {
                    long part = Math.min(left, size - before);
                    NativeMemory.ALL.asSlice(address(i) + before, part).fill((byte) 0);
                    left -= part;
                }
                before = Math.max(0, before - size);
            }
            LateFault.surfaceNow();
            return true;
        } catch (InternalError e) {
            return false;
        }
    }

    /** How many buffers fit. */
    public int capacity() {
        return capacity;
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
        long skip = done;
        while (skip >= length(0)) {
            skip -= length(0);
            cutFirst(-droppedOfFirst);
            first++;
            count--;
        }
        cutFirst(skip);
        bits |= skip;
        bytes -= done;
        dropped += done;
    }

    /** Takes back what {@link #advance} has dropped. */
    public void rewind() {
        cutFirst(-droppedOfFirst);
        count += first;
        first = 0;
        bytes += dropped;
        dropped = 0;
    }

    private void cutFirst(long more) {
        long at = first * SIZE;
        entries.set(ValueLayout.JAVA_LONG, at + BASE, entries.get(ValueLayout.JAVA_LONG, at + BASE) + more);
        entries.set(ValueLayout.JAVA_LONG, at + LENGTH, entries.get(ValueLayout.JAVA_LONG, at + LENGTH) - more);
        droppedOfFirst += more;
    }

    public long address(int index) {
        return entries.get(ValueLayout.JAVA_LONG, (first + index) * SIZE + BASE);
    }

    public long length(int index) {
        return entries.get(ValueLayout.JAVA_LONG, (first + index) * SIZE + LENGTH);
    }

    /** Where the kernel finds the vector. */
    public long tableAddress() {
        return entries.address() + first * SIZE;
    }

    /**
     * Copies all the buffers, in order, to {@link #bytes()} bytes at {@code address}.
     *
     * @return false where memory has vanished meanwhile (its file was cut): what was copied is not known
     */
    public boolean copyTo(long address) {
        try {
            copyAllTo(NativeMemory.ALL, address);
            LateFault.surfaceNow();
            return true;
        } catch (InternalError e) {
            // What the JVM makes of the SIGBUS.
            return false;
        }
    }

    /** Likewise, to {@link #bytes()} bytes of a segment. @param fault the calling thread's own */
    public boolean copyTo(MemorySegment segment, long at, LateFault fault) {
        try {
            copyAllTo(segment, at);
            fault.surface();
            return true;
        } catch (InternalError e) {
            return false;
        }
    }

    /**
     * Fills all the buffers, in order, from {@link #bytes()} bytes at {@code address}.
     *
     * @return false where memory has vanished meanwhile (its file was cut)
     */
    public boolean copyFrom(long address) {
        try {
            copyAllFrom(NativeMemory.ALL, address);
            LateFault.surfaceNow();
            return true;
        } catch (InternalError e) {
            return false;
        }
    }

    /** Likewise, from {@link #bytes()} bytes of a segment. @param fault the calling thread's own */
    public boolean copyFrom(MemorySegment segment, long at, LateFault fault) {
        try {
            copyAllFrom(segment, at);
            fault.surface();
            return true;
        } catch (InternalError e) {
            return false;
        }
    }

    private void copyAllTo(MemorySegment segment, long from) {
        long at = from;
        for (int i = 0; i < count; i++) {
            long length = length(i);
            MemorySegment.copy(NativeMemory.ALL, address(i), segment, at, length);
            at += length;
        }
    }

    private void copyAllFrom(MemorySegment segment, long from) {
        long at = from;
        for (int i = 0; i < count; i++) {
            long length = length(i);
            MemorySegment.copy(segment, at, NativeMemory.ALL, address(i), length);
            at += length;
        }
    }
}
