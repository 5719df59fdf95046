// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Slices of an image's L2 tables, read by all loops without a lock, and filled by one thread, the <em>owner</em>.
 *
 * <p>A directory tells for each slice of the disk which slot it lies in. Each slot has a stamp: the slice that it holds and a
 * count of changes, odd while the owner works in it. Who reads takes the stamp before and behind the reading (a seqlock): if
 * both are the same and name the slice, what was read is an entry that was there at one moment in between.
 */
final class L2Cache {
    /** A slot that nobody has. */
    private static final int NONE = 0;

    private static final int LEAST_SLOTS = 16;

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle WORD = BigEndian.LONG.varHandle();

    private final int sliceBytesShift;
    private final int slots;

    /** By slice: its slot, counted from 1. */
    private final MemorySegment directory;

    /** By slot: what it holds. */
    private final MemorySegment stamps;

    /** By slot: not 0 if somebody has read it since the owner looked for a slot last. */
    private final MemorySegment used;

    private final MemorySegment content;
    private int hand;

    /**
     * @param slices how many the disk has, fewer than two to the 31
     * @param bytes how much memory the content may take
     */
    L2Cache(long slices, int sliceBytesShift, long bytes) {
        this.sliceBytesShift = sliceBytesShift;
        this.slots = (int) Math.max(LEAST_SLOTS, Math.min(slices, bytes >>> sliceBytesShift));
        Arena arena = Arena.ofAuto();
        directory = NativeMemory.anonymous(slices * Integer.BYTES, arena);
        stamps = NativeMemory.anonymous((long) slots * Long.BYTES, arena);
        used = NativeMemory.anonymous((long) slots * Integer.BYTES, arena);
        content = NativeMemory.anonymous((long) slots << sliceBytesShift, arena);
    }

    /** The slot that may hold the slice, or -1. */
    int slotOf(long slice) {
        // Acquire: pairs with publish, so what was filled in is seen.
        return (int) INT.getAcquire(directory, slice * Integer.BYTES) - 1;
    }

    /** What the slot holds now; for {@link #holds} and {@link #held}. */
    long stamp(int slot) {
        // Acquire: the entries are read behind it.
        return (long) LONG.getAcquire(stamps, (long) slot * Long.BYTES);
    }

    /** Whether the stamp is that of a slot with the slice in it. */
    static boolean holds(long stamp, long slice) {
        return (int) stamp == (int) slice && isStable(stamp) && stamp != 0;
    }

    private static boolean isStable(long stamp) {
        return (stamp >>> Integer.SIZE & 1) == 0;
    }

    /** Whether all that was read behind the stamp was there at once. */
    boolean held(int slot, long stamp) {
        // The entries are read before it.
        VarHandle.acquireFence();
        return (long) LONG.getOpaque(stamps, (long) slot * Long.BYTES) == stamp;
    }

    /** The word at a place of the slot, in bytes. */
    long word(int slot, long at) {
        return (long) WORD.getOpaque(content, ((long) slot << sliceBytesShift) + at);
    }

    /** It was of use, and should stay. */
    void use(int slot) {
        // Looked at first: a line that all loops write wanders between them.
        if ((int) INT.getOpaque(used, (long) slot * Integer.BYTES) == 0) {
            INT.setOpaque(used, (long) slot * Integer.BYTES, 1);
        }
    }

    /** By the owner: takes a slot away from the slice that was used least lately. @return it; the slice lies nowhere then */
    int claim() {
        while (true) {
            int slot = hand;
            hand = (hand + 1) % slots;
            if ((int) INT.getOpaque(used, (long) slot * Integer.BYTES) != 0) {
                INT.setOpaque(used, (long) slot * Integer.BYTES, 0);
                continue;
            }
            long stamp = (long) LONG.getOpaque(stamps, (long) slot * Long.BYTES);
            if (isStable(stamp)) {
                long slice = Integer.toUnsignedLong((int) stamp);
                if (stamp != 0 && slotOf(slice) == slot) {
                    INT.setRelease(directory, slice * Integer.BYTES, NONE);
                }
                LONG.setOpaque(stamps, (long) slot * Long.BYTES, next(stamp) << Integer.SIZE);
            }
            // The stamp is odd before anything else is written there: pairs with the fence in held.
            VarHandle.releaseFence();
            return slot;
        }
    }

    /** By the owner: the memory of a slot that it has claimed. */
    MemorySegment memory(int slot) {
        return content.asSlice((long) slot << sliceBytesShift, 1L << sliceBytesShift);
    }

    /** By the owner: changes one word of a slot that holds a slice. Who reads sees the old one or the new one. */
    void set(int slot, long at, long word) {
        // Release: what the word names was made before.
        WORD.setRelease(content, ((long) slot << sliceBytesShift) + at, word);
    }

    /** By the owner: the slice lies nowhere from now on; it is loaded again when somebody needs it. */
    void forget(long slice) {
        INT.setRelease(directory, slice * Integer.BYTES, NONE);
    }

    /** By the owner: a slot that it has claimed and filled is this slice's. */
    void publish(int slot, long slice) {
        long stamp = (long) LONG.getOpaque(stamps, (long) slot * Long.BYTES);
        // Release, both: the content is written before. Of use at once, for who has asked for it.
        LONG.setRelease(
                stamps, (long) slot * Long.BYTES, next(stamp) << Integer.SIZE | Integer.toUnsignedLong((int) slice));
        INT.setOpaque(used, (long) slot * Integer.BYTES, 1);
        INT.setRelease(directory, slice * Integer.BYTES, slot + 1);
    }

    /** The count of changes that follows, never 0: an unused slot holds nothing. */
    private static long next(long stamp) {
        long count = (stamp >>> Integer.SIZE) + 1 & 0xffff_ffffL;
        return count == 0 ? 2 : count;
    }
}
