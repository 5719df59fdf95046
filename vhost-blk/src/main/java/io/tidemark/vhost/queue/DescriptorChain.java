// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.vhost.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A private copy of one descriptor chain: the buffers that the device may read, then those that it may write, as pieces of
 * host memory. Each descriptor is read from guest memory exactly once, because the guest may change it at any time.
 *
 * <p>One per queue loop, filled anew for each request. The layout of messages over buffers is free (virtio 1.3, 2.7.4.2), so
 * readers ask for bytes, not for buffers.
 */
final class DescriptorChain {
    /** No driver needs a longer one; QEMU's limit too. */
    static final int MAX_DESCRIPTORS = 1024;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    /** A buffer can cross a border between memory regions: then it is two pieces. */
    private static final int MAX_PIECES = 2 * MAX_DESCRIPTORS;

    private final long[] address = new long[MAX_PIECES];
    private final long[] length = new long[MAX_PIECES];
    private int pieces;
    private int firstWritable;
    private long readableBytes;
    private long writableBytes;
    private int region;

    /**
     * Reads the chain that begins at {@code head}.
     *
     * @return null, or what is wrong with the chain, of which nothing can be used then
     */
    String read(MemorySegment table, int head, GuestMemory memory) {
        begin();
        String wrong = walk(table, 0, (int) (table.byteSize() / VirtqDescriptor.SIZE), head, memory, false);
        end();
        return wrong;
    }

    /** Begins a chain whose descriptors are added one by one. */
    void begin() {
        pieces = 0;
        firstWritable = -1;
        readableBytes = 0;
        writableBytes = 0;
    }

    /** All of it was added. */
    void end() {
        if (firstWritable < 0) {
            firstWritable = pieces;
        }
    }

    private String walk(
            MemorySegment table, long tableOffset, int entries, int head, GuestMemory memory, boolean indirect) {
        int index = head;
        // A chain has no more links than its table has entries; a longer one goes in circles.
        for (int links = 0; links < entries; links++) {
            long at = tableOffset + (long) index * VirtqDescriptor.SIZE;
            long bufferAddress = table.get(LONG, at + VirtqDescriptor.ADDR);
            int bufferLength = table.get(INT, at + VirtqDescriptor.LEN);
            int flags = table.get(SHORT, at + VirtqDescriptor.FLAGS);
            int next = Short.toUnsignedInt(table.get(SHORT, at + VirtqDescriptor.NEXT));
            if ((flags & VirtqDescriptor.F_INDIRECT) != 0) {
                if (indirect || (flags & VirtqDescriptor.F_NEXT) != 0) {
                    return "an indirect descriptor inside of an indirect table, or with a successor";
                }
                return walkIndirect(bufferAddress, bufferLength, memory);
            }
            String wrong = add(bufferAddress, Integer.toUnsignedLong(bufferLength), flags, memory);
            if (wrong != null) {
                return wrong;
            }
            if ((flags & VirtqDescriptor.F_NEXT) == 0) {
                return null;
            }
            if (next >= entries) {
                return "a successor outside of the descriptor table";
            }
            index = next;
        }
        return "a chain in a circle";
    }

    private String walkIndirect(long tableAddress, int tableLength, GuestMemory memory) {
        String wrong = findTable(tableAddress, tableLength, memory);
        return wrong != null
                ? wrong
                : walk(
                        NativeMemory.ALL,
                        memory.hostAddress(region, tableAddress),
                        tableLength / VirtqDescriptor.SIZE,
                        0,
                        memory,
                        true);
    }

    private String findTable(long tableAddress, int tableLength, GuestMemory memory) {
        // virtio 1.3, 2.7.5.3 and 2.8.8: the table has whole entries, one at least.
        if (tableLength <= 0
                || tableLength % VirtqDescriptor.SIZE != 0
                || tableLength > MAX_DESCRIPTORS * VirtqDescriptor.SIZE) {
            return "an indirect table of " + Integer.toUnsignedLong(tableLength) + " bytes";
        }
        int found = memory.find(tableAddress, region);
        if (found < 0 || memory.remaining(found, tableAddress) < tableLength) {
            return "an indirect table outside of guest memory";
        }
        region = found;
        return null;
    }

    /**
     * Adds all descriptors of a packed ring's indirect table, which are used in their order, whatever they say of successors
     * (virtio 1.3, 2.8.8).
     *
     * @return null, or what is wrong
     */
    String addTable(long tableAddress, int tableLength, GuestMemory memory) {
        String wrong = findTable(tableAddress, tableLength, memory);
        if (wrong != null) {
            return wrong;
        }
        long table = memory.hostAddress(region, tableAddress);
        for (long at = table; at < table + tableLength && wrong == null; at += PackedDescriptor.SIZE) {
            int flags = NativeMemory.ALL.get(SHORT, at + PackedDescriptor.FLAGS);
            wrong = (flags & VirtqDescriptor.F_INDIRECT) != 0
                    ? "an indirect descriptor inside of an indirect table"
                    : add(
                            NativeMemory.ALL.get(LONG, at + PackedDescriptor.ADDR),
                            Integer.toUnsignedLong(NativeMemory.ALL.get(INT, at + PackedDescriptor.LEN)),
                            flags,
                            memory);
        }
        return wrong;
    }

    /** Adds one buffer. @return null, or what is wrong with it */
    String add(long bufferAddress, long bufferLength, int flags, GuestMemory memory) {
        boolean writable = (flags & VirtqDescriptor.F_WRITE) != 0;
        if (writable) {
            if (firstWritable < 0) {
                firstWritable = pieces;
            }
            writableBytes += bufferLength;
        } else if (firstWritable >= 0) {
            return "a readable buffer after a writable one";
        } else {
            readableBytes += bufferLength;
        }
        long at = bufferAddress;
        long left = bufferLength;
        while (left > 0) {
            int found = memory.find(at, region);
            if (found < 0) {
                return "a buffer outside of guest memory";
            }
            region = found;
            if (pieces == MAX_PIECES) {
                return "too many buffers";
            }
            long part = Math.min(left, memory.remaining(found, at));
            address[pieces] = memory.hostAddress(found, at);
            length[pieces] = part;
            pieces++;
            at += part;
            left -= part;
        }
        return null;
    }

    /** How many bytes the device may read. */
    long readableBytes() {
        return readableBytes;
    }

    /** How many bytes the device may write. */
    long writableBytes() {
        return writableBytes;
    }

    int firstWritable() {
        return firstWritable;
    }

    int pieces() {
        return pieces;
    }

    long address(int piece) {
        return address[piece];
    }

    long length(int piece) {
        return length[piece];
    }
}
