// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The bitmap by which a frontend that moves its guest to another host learns what the device has written meanwhile: a bit for
 * each page of 4096 bytes of guest memory (vhost-user.rst, "Migration").
 *
 * <p>A page is marked after it was written: the frontend takes a mark away before it copies the page. May be used by any
 * thread; it doesn't own the bitmap's memory, whose owner unmaps it when nobody marks any more.
 */
public final class DirtyLog {
    public static final int PAGE = 4096;

    private static final VarHandle WORD = ValueLayout.JAVA_INT.varHandle();
    private static final int PAGE_SHIFT = 12;

    private final MemorySegment bits;
    private final long words;

    /** @param bits at an address that is a multiple of 4; pages that it has no bit for are not marked */
    public DirtyLog(MemorySegment bits) {
        this.bits = bits;
        this.words = bits.byteSize() / Integer.BYTES;
    }

    /** How many bytes of bitmap are needed for guest memory up to an address. */
    public static long bytesFor(long guestEnd) {
        long pages = ((guestEnd - 1) >>> PAGE_SHIFT) + 1;
        return Math.ceilDiv(pages, Byte.SIZE);
    }

    /** The device has written there. */
    public void mark(long guestAddress, long length) {
        if (length <= 0) {
            return;
        }
        long firstPage = guestAddress >>> PAGE_SHIFT;
        long lastPage = (guestAddress + length - 1) >>> PAGE_SHIFT;
        long lastWord = Math.min(lastPage / Integer.SIZE, words - 1);
        for (long word = firstPage / Integer.SIZE; word <= lastWord; word++) {
            int mask = -1;
            if (word == firstPage / Integer.SIZE) {
                mask &= -1 << firstPage;
            }
            if (word == lastPage / Integer.SIZE) {
                mask &= -1 >>> ~lastPage;
            }
            // Atomic, because the frontend takes marks away at the same time; and what was written comes before.
            var _ = (int) WORD.getAndBitwiseOr(bits, word * Integer.BYTES, mask);
        }
    }
}
