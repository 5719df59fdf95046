// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Which pages of a file in memory are known to be there, so that touching them through a mapping takes no new memory: a bit for
 * each page. Used by all threads. A page without a bit may be there or not.
 *
 * <p>Bits are set by whoever has found or made a page, and taken away before it is given back (<em>punched</em>). No bit that was
 * taken away comes back by a page that was found before: each stretch of 2 MiB counts its punches.
 *
 * <ul>
 *   <li>Who punches counts, then clears bits, then lets the kernel punch, then says that it is done.
 *   <li>Who sets bits takes a {@linkplain #stamp stamp} of the count before it looks or writes; there is none while a punch is on
 *       its way. Behind the setting it looks whether the stamp still holds, and else clears what it has set.
 * </ul>
 *
 * <p>All of these are volatile, so in one order: either the clearing comes behind the setting, or the look sees the count.
 */
final class DataMap {
    private static final int PAGE_SHIFT = 12;
    private static final int WORD_SHIFT = 6;
    private static final int STRETCH_SHIFT = 21;

    /** How much of a file one counter is for, in bytes. */
    static final long STRETCH = 1L << STRETCH_SHIFT;

    /** There is no stamp: a punch is on its way. */
    static final long NO_STAMP = -1;

    /** A counter's upper bits say how many punches are on their way, its lower ones how many have begun. */
    private static final int ON_THE_WAY_SHIFT = 48;

    private static final long ON_THE_WAY = 1L << ON_THE_WAY_SHIFT;

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private final MemorySegment bits;
    private final MemorySegment punches;

    /** @param bytes how much of the file it can tell of; memory is only taken where something is known */
    DataMap(long bytes) {
        this(
                NativeMemory.anonymous(stretches(bytes) * (STRETCH >>> PAGE_SHIFT) / Byte.SIZE, Arena.ofAuto()),
                NativeMemory.anonymous(stretches(bytes) * Long.BYTES, Arena.ofAuto()));
    }

    /** In zeroed memory: eight words of bits and one counter for each stretch. */
    DataMap(MemorySegment bits, MemorySegment punches) {
        this.bits = bits;
        this.punches = punches;
    }

    private static long stretches(long bytes) {
        return (bytes + STRETCH - 1) >>> STRETCH_SHIFT;
    }

    /** Whether all the pages that a range touches are known to be there. */
    boolean isData(long offset, long end) {
        long first = offset >>> PAGE_SHIFT;
        long last = (end - 1) >>> PAGE_SHIFT;
        for (long word = first >>> WORD_SHIFT; word <= last >>> WORD_SHIFT; word++) {
            long wanted = mask(word, first, last);
            // Acquire: pairs with the setting of bits, so what was written into the page is seen too.
            if (((long) LONG.getAcquire(bits, word * Long.BYTES) & wanted) != wanted) {
                return false;
            }
        }
        return true;
    }

    /** Taken before the pages of a range are looked for or written. @return {@link #NO_STAMP}, or what {@link #add} wants */
    long stamp(long offset, long end) {
        long sum = 0;
        for (long stretch = offset >>> STRETCH_SHIFT; stretch <= (end - 1) >>> STRETCH_SHIFT; stretch++) {
            long count = (long) LONG.getVolatile(punches, stretch * Long.BYTES);
            if (count >>> ON_THE_WAY_SHIFT != 0) {
                return NO_STAMP;
            }
            sum += count;
        }
        return sum;
    }

    /** The pages that a range touches are there, unless they were punched since the stamp was taken. */
    void add(long offset, long end, long stamp) {
        if (stamp == NO_STAMP) {
            return;
        }
        long first = offset >>> PAGE_SHIFT;
        long last = (end - 1) >>> PAGE_SHIFT;
        for (long word = first >>> WORD_SHIFT; word <= last >>> WORD_SHIFT; word++) {
            long wanted = mask(word, first, last);
            if (((long) LONG.getVolatile(bits, word * Long.BYTES) & wanted) != wanted) {
                long _ = (long) LONG.getAndBitwiseOr(bits, word * Long.BYTES, wanted);
            }
        }
        if (stamp(offset, end) != stamp) {
            clear(first, last);
        }
    }

    /** Before the kernel is asked to punch a range. Pages that it covers in part are zeroed there, and stay. */
    void beginPunch(long offset, long end) {
        count(offset, end, ON_THE_WAY + 1);
        clear((offset + NativeMemory.PAGE - 1) >>> PAGE_SHIFT, (end >>> PAGE_SHIFT) - 1);
    }

    /** The kernel is done with it, with success or without. */
    void endPunch(long offset, long end) {
        count(offset, end, -ON_THE_WAY);
    }

    private void count(long offset, long end, long change) {
        for (long stretch = offset >>> STRETCH_SHIFT; stretch <= (end - 1) >>> STRETCH_SHIFT; stretch++) {
            long _ = (long) LONG.getAndAdd(punches, stretch * Long.BYTES, change);
        }
    }

    /** The pages that a range touches are not there any more: somebody else has cut or punched the file. */
    void vanished(long offset, long end) {
        clear(offset >>> PAGE_SHIFT, (end - 1) >>> PAGE_SHIFT);
    }

    private void clear(long first, long last) {
        for (long word = first >>> WORD_SHIFT; word <= last >> WORD_SHIFT; word++) {
            long unwanted = mask(word, first, last);
            if (((long) LONG.getVolatile(bits, word * Long.BYTES) & unwanted) != 0) {
                long _ = (long) LONG.getAndBitwiseAnd(bits, word * Long.BYTES, ~unwanted);
            }
        }
    }

    /** Knows nothing any more. Nobody may use it meanwhile. */
    void forget() {
        NativeMemory.drop(bits);
        NativeMemory.drop(punches);
    }

    /** The bits of a word that stand for pages from {@code first} to {@code last}. */
    private static long mask(long word, long first, long last) {
        long all = -1;
        if (word == first >>> WORD_SHIFT) {
            all <<= first; // by the lowest six bits
        }
        if (word == last >>> WORD_SHIFT) {
            all &= -1L >>> ~last;
        }
        return all;
    }
}
