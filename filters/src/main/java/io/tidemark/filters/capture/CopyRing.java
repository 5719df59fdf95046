// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.disk.posix.MappingException;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.filters.FilterException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A loop's memory for the copies of writes: a circular area of pages, given out in order, given back in any order, and
 * reclaimed in order.
 *
 * <p>One thread (the loop) allocates; one thread (capture) releases and reads. An empty ring starts again at its front, so
 * light load keeps to a few pages that stay in the processor's caches, and the rest of the area never becomes resident.
 */
public final class CopyRing implements AutoCloseable {
    /** What {@link #allocate} answers when there is no room. */
    public static final int FULL = -1;

    static final int PAGE = NativeMemory.PAGE;

    private static final int FREE = 0;
    private static final int TAKEN = 1;
    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(int[].class);

    private final Arena arena = Arena.ofShared();
    private final MemorySegment area;
    private final long base;
    private final int pages;
    private final int mask;

    // An entry's description: written by the loop, read by the capture thread behind the capture ring's publication.
    private final int[] startPage;
    private final int[] byteLength;
    private final int[] state;
    /** Pages that come back with the entry: its own, and those skipped before it at the end of the area. */
    private final int[] pagesTaken;

    // The loop's own.
    private long head;
    private long tail;
    private int nextPage;
    private int usedPages;

    /** The capture thread's own: the last slice that began at each page, made again only when the length differs. */
    private final MemorySegment[] slices;

    /** @param size in bytes; a power of two, at least one page */
    public CopyRing(int size) {
        if (size < PAGE || Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("copy ring size " + size + " is no power of two of at least " + PAGE);
        }
        this.area = map(size);
        this.base = area.address();
        this.pages = size / PAGE;
        this.mask = pages - 1;
        this.startPage = new int[pages];
        this.byteLength = new int[pages];
        this.state = new int[pages];
        this.pagesTaken = new int[pages];
        this.slices = new MemorySegment[pages];
    }

    private MemorySegment map(int size) {
        try {
            return NativeMemory.anonymous(size, arena);
        } catch (MappingException e) {
            throw new FilterException(
                    FilterException.Code.NO_MEMORY,
                    "capture: the kernel refused " + size
                            + " bytes of memory for copies of writes: raise the memory limit or make the copy ring smaller",
                    e);
        }
    }

    /**
     * Takes room for {@code length} bytes, at least 1: contiguous, beginning on a page. By the loop's thread only.
     *
     * @return the entry, or {@link #FULL}
     */
    public int allocate(long length) {
        reclaim();
        long needed = (length + PAGE - 1) / PAGE;
        if (usedPages == 0) {
            nextPage = 0;
        }
        int skipped = nextPage + needed > pages ? pages - nextPage : 0;
        if (usedPages + skipped + needed > pages) {
            return FULL;
        }
        int start = skipped > 0 ? 0 : nextPage;
        int entry = (int) head++ & mask;
        startPage[entry] = start;
        byteLength[entry] = (int) length;
        pagesTaken[entry] = skipped + (int) needed;
        usedPages += skipped + (int) needed;
        nextPage = start + (int) needed;
        if (nextPage == pages) {
            nextPage = 0;
        }
        // Plain: the publication that hands the entry to the capture thread orders it.
        state[entry] = TAKEN;
        return entry;
    }

    private void reclaim() {
        // Acquire pairs with the release in release(): all that was read from the entry was read before it is
        // overwritten.
        while (tail != head && (int) STATE.getAcquire(state, (int) tail & mask) == FREE) {
            usedPages -= pagesTaken[(int) tail & mask];
            tail++;
        }
    }

    /** Where the entry's bytes lie. */
    public long address(int entry) {
        return base + (long) startPage[entry] * PAGE;
    }

    /** The entry's bytes. By the capture thread only; not to be used once the entry is released. */
    public MemorySegment bytes(int entry) {
        int page = startPage[entry];
        MemorySegment slice = slices[page];
        if (slice == null || slice.byteSize() != byteLength[entry]) {
            slice = area.asSlice((long) page * PAGE, byteLength[entry]);
            slices[page] = slice;
        }
        return slice;
    }

    /** Gives the entry back. By any one thread. */
    public void release(int entry) {
        STATE.setRelease(state, entry, FREE);
    }

    /** Unmaps the area. Nothing may use it any more. */
    @Override
    public void close() {
        arena.close();
    }
}
