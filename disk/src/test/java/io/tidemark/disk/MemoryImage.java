// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * An image in memory, whose devices complete requests inline, or later and in another order.
 *
 * <p>As on real storage, overlapping requests in flight may mix: a reordering device executes the front half of a write
 * when it is submitted and the back half when it completes.
 */
public final class MemoryImage extends FixedImage {
    private static final int GRANULE = 4096;

    private final MemorySegment content;
    private final boolean reorder;
    private final long seed;
    private int attached;

    private MemoryImage(long capacity, boolean reorder, long seed) {
        super(capacity);
        this.content = Arena.ofAuto().allocate(capacity, GRANULE);
        this.reorder = reorder;
        this.seed = seed;
    }

    /** An image whose devices complete every request before {@code submit} returns. */
    public static MemoryImage inline(long capacity) {
        return new MemoryImage(capacity, false, 0);
    }

    /** An image whose devices complete requests by {@link Loop#execute} in an order that the seed decides. */
    public static MemoryImage reordering(long capacity, long seed) {
        return new MemoryImage(capacity, true, seed);
    }

    /** The image's bytes, to compare and to prepare. */
    public MemorySegment content() {
        return content;
    }

    /** A copy of the image's bytes. */
    public byte[] bytes() {
        return content.toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    public String name() {
        return "memory:";
    }

    @Override
    public synchronized BlockDevice attach(Loop loop) {
        return reorder
                ? new ReorderingDevice(content, loop, new Random(seed + attached++))
                : request -> request.complete(MemoryContent.execute(content, request, 0, request.length()));
    }

    /** Blocks of 4 KiB that are all zero are told as holes. */
    @Override
    public Extent extentAt(long offset) {
        boolean zero = isZero(offset);
        long end = offset;
        do {
            end = Math.min(geometry().capacity(), (end / GRANULE + 1) * GRANULE);
        } while (end < geometry().capacity() && isZero(end) == zero);
        return new Extent(offset, end - offset, zero ? Extent.Sort.HOLE : Extent.Sort.DATA);
    }

    private boolean isZero(long offset) {
        long end = Math.min(geometry().capacity(), (offset / GRANULE + 1) * GRANULE);
        for (long at = offset; at < end; at += Long.BYTES) {
            if (content.get(ValueLayout.JAVA_LONG, at) != 0) {
                return false;
            }
        }
        return true;
    }
}
