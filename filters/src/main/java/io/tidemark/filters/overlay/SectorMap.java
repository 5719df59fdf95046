// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import io.tidemark.disk.Geometry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongConsumer;

/**
 * Which sectors of a disk lie in its overlay. Bits are only ever set, by any thread; a look costs no lock, and what was never
 * touched no memory: 256 MiB for each TiB at the most.
 */
final class SectorMap {
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
    private static final int SECTORS = Long.SIZE;

    /** The unit, in bytes of bits, in which it is remembered what has changed. */
    static final int PAGE = 4096;

    private final MemorySegment words;
    private final long sectors;
    private final AtomicLongArray touched;

    /** @param words zeroed or of an earlier life; 8-byte aligned, at least {@link #bytes} long; it outlives the map */
    SectorMap(MemorySegment words, long capacity) {
        this.words = words;
        this.sectors = capacity / Geometry.SECTOR;
        this.touched = new AtomicLongArray(Math.toIntExact(pages(capacity) / Long.SIZE + 1));
    }

    private static long pages(long capacity) {
        return (bytes(capacity) + PAGE - 1) / PAGE;
    }

    /** How many bytes of bits a disk of {@code capacity} bytes has. */
    static long bytes(long capacity) {
        long sectors = capacity / Geometry.SECTOR;
        return (sectors + SECTORS - 1) / SECTORS * Long.BYTES;
    }

    /** Everything before this call can be seen by who finds the bits set. */
    void set(long offset, long length) {
        long to = (offset + length) / Geometry.SECTOR;
        for (long sector = offset / Geometry.SECTOR; sector < to; sector = wordEnd(sector)) {
            long bits = mask(sector, Math.min(to, wordEnd(sector)));
            long at = sector / SECTORS * Long.BYTES;
            if (((long) WORD.getAcquire(words, at) & bits) != bits) {
                WORD.getAndBitwiseOr(words, at, bits);
                touch(at / PAGE);
            }
        }
    }

    private void touch(long page) {
        touched.accumulateAndGet((int) (page / Long.SIZE), 1L << page, (had, more) -> had | more);
    }

    /** Calls with each page of bits that has changed since the last call; one caller at a time. */
    void takeTouched(LongConsumer page) {
        for (int word = 0; word < touched.length(); word++) {
            for (long bits = touched.get(word) == 0 ? 0 : touched.getAndSet(word, 0); bits != 0; bits &= bits - 1) {
                page.accept((long) word * Long.SIZE + Long.numberOfTrailingZeros(bits));
            }
        }
    }

    /** Takes a page that was taken back. */
    void touchAgain(long page) {
        touch(page);
    }

    /** Whether all of a range lies in the overlay. */
    boolean holds(long offset, long length) {
        return nextClear(offset, offset + length) == offset + length;
    }

    /** The first byte at or behind {@code from} whose sector is not in the overlay, or {@code to}. */
    long nextClear(long from, long to) {
        return next(from, to, ~0L);
    }

    /** The first byte at or behind {@code from} whose sector is in the overlay, or {@code to}. */
    long nextSet(long from, long to) {
        return next(from, to, 0L);
    }

    private long next(long from, long to, long flip) {
        long end = to / Geometry.SECTOR;
        for (long sector = from / Geometry.SECTOR; sector < end; sector = wordEnd(sector)) {
            long word = (long) WORD.getAcquire(words, sector / SECTORS * Long.BYTES) ^ flip;
            long bits = word & mask(sector, Math.min(end, wordEnd(sector)));
            if (bits != 0) {
                return (sector / SECTORS * SECTORS + Long.numberOfTrailingZeros(bits)) * Geometry.SECTOR;
            }
        }
        return to;
    }

    /** Whether nothing of the origin shows any more. */
    boolean isComplete() {
        long capacity = sectors * Geometry.SECTOR;
        return nextClear(0, capacity) == capacity;
    }

    private static long wordEnd(long sector) {
        return (sector / SECTORS + 1) * SECTORS;
    }

    /** Bits of sectors {@code from} to before {@code to}, which lie in one word. */
    private static long mask(long from, long to) {
        return -1L >>> Long.SIZE - (to - from) << (from & SECTORS - 1);
    }
}
