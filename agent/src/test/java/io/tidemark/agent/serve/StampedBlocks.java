// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.filters.PowerImage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What a guest knows of its disk, in blocks of 4 KiB: of each, which version was sent last, which was acknowledged last, and
 * which was flushed. Every sector of a version bears the block's number and the version's.
 */
final class StampedBlocks {
    static final int BLOCK = 4096;

    private final int count;
    private final AtomicIntegerArray sent;
    private final AtomicIntegerArray acknowledged;
    private final AtomicIntegerArray flushed;

    /** By block: the versions that are zeros. Version 0 is. */
    private final List<BitSet> zeros = new ArrayList<>();

    StampedBlocks(int count) {
        this.count = count;
        this.sent = new AtomicIntegerArray(count);
        this.acknowledged = new AtomicIntegerArray(count);
        this.flushed = new AtomicIntegerArray(count);
        for (int i = 0; i < count; i++) {
            BitSet none = new BitSet();
            none.set(0);
            zeros.add(none);
        }
    }

    int count() {
        return count;
    }

    /** Begins the block's next version. @return its number */
    int send(int block, boolean zero) {
        int version = sent.incrementAndGet(block);
        BitSet which = zeros.get(block);
        synchronized (which) {
            which.set(version, zero);
        }
        return version;
    }

    void acknowledge(int block) {
        acknowledged.set(block, sent.get(block));
    }

    int[] acknowledged() {
        return copy(acknowledged);
    }

    /** A flush is complete that was sent when this was acknowledged. */
    void flushed(int[] then) {
        for (int i = 0; i < count; i++) {
            int version = then[i];
            flushed.accumulateAndGet(i, version, Math::max);
        }
    }

    /** The power went: what was acknowledged since, or only acknowledged then, counts no more. */
    void cut(int[] flushedThen) {
        for (int i = 0; i < count; i++) {
            flushed.set(i, flushedThen[i]);
            acknowledged.set(i, flushedThen[i]);
        }
    }

    int[] flushed() {
        return copy(flushed);
    }

    int[] sent() {
        return copy(sent);
    }

    private int[] copy(AtomicIntegerArray of) {
        int[] all = new int[count];
        for (int i = 0; i < count; i++) {
            all[i] = of.get(i);
        }
        return all;
    }

    static void fill(MemorySegment to, int block, int version) {
        for (long at = 0; at < BLOCK; at += Long.BYTES) {
            to.set(ValueLayout.JAVA_LONG_UNALIGNED, at, stamp(block, version));
        }
    }

    private static long stamp(int block, int version) {
        return (long) (block + 1) << 32 | version;
    }

    /** What is wrong with a disk whose sectors must each be of a version between these; empty if nothing is. */
    String check(byte[] disk, int[] oldest, int[] newest) {
        MemorySegment bytes = MemorySegment.ofArray(disk);
        for (int block = 0; block < count; block++) {
            for (int at = block * BLOCK; at < (block + 1) * BLOCK; at += PowerImage.SECTOR) {
                long stamp = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
                for (int i = at; i < at + PowerImage.SECTOR; i += Long.BYTES) {
                    if (bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, i) != stamp) {
                        return "block " + block + " is torn inside a sector";
                    }
                }
                if (!isOneOf(block, stamp, oldest[block], newest[block])) {
                    return "block " + block + " holds " + Long.toHexString(stamp) + ", not a version from "
                            + oldest[block] + " to " + newest[block];
                }
            }
        }
        return "";
    }

    private boolean isOneOf(int block, long stamp, int oldest, int newest) {
        BitSet which = zeros.get(block);
        synchronized (which) {
            if (stamp == 0) {
                int zero = which.nextSetBit(oldest);
                return zero >= 0 && zero <= newest;
            }
            int version = (int) stamp;
            return stamp == stamp(block, version) && version >= oldest && version <= newest && !which.get(version);
        }
    }
}
