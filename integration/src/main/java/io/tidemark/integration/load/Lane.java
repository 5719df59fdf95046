// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.process.LabException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A part of the disk with one change in flight at a time, and a model of every state that it has been in.
 *
 * <p>Changes of one lane have an order. So any state of the whole disk that was ever restorable is, in every lane, the
 * state after some number of its changes; and these numbers add up to the write number.
 */
final class Lane {
    static final int BLOCKS = 64;
    static final long BYTES = (long) BLOCKS * Block.SIZE;
    private static final int MOST_BLOCKS = 8;

    private final int index;
    private final MemorySegment buffer;
    private final SplittableRandom random;
    private final long[] stamps = new long[BLOCKS];
    /** Entry n identifies the lane's content after n changes. */
    private final List<Long> states = new ArrayList<>();

    private int acknowledged;

    /** @param buffer 32 KiB that the backend can reach */
    Lane(int index, MemorySegment buffer, long seed) {
        this.index = index;
        this.buffer = buffer;
        this.random = new SplittableRandom(seed + index);
        states.add(hash(stamps));
    }

    static long bufferBytes() {
        return (long) MOST_BLOCKS * Block.SIZE;
    }

    /** Puts the next change into the queue. */
    void submit(BlkioQueue queue) {
        int count = 1 + random.nextInt(MOST_BLOCKS);
        int first = random.nextInt(BLOCKS - count + 1);
        int kind = random.nextInt(10);
        long offset = index * BYTES + (long) first * Block.SIZE;
        long length = (long) count * Block.SIZE;
        for (int i = 0; i < count; i++) {
            stamps[first + i] = kind < 8 ? stamp(i) : 0;
        }
        if (kind < 8) {
            for (int i = 0; i < count; i++) {
                Block.fill(buffer, (long) i * Block.SIZE, stamps[first + i]);
            }
            queue.write(offset, buffer.address(), length, index);
        } else if (kind == 8) {
            queue.writeZeroes(offset, length, index);
        } else {
            queue.discard(offset, length, index);
        }
        states.add(hash(stamps));
    }

    private long stamp(int i) {
        return ((long) index << 40) + ((long) states.size() << 8) + i + 1;
    }

    void acknowledge() {
        acknowledged = states.size() - 1;
    }

    int index() {
        return index;
    }

    int acknowledged() {
        return acknowledged;
    }

    int submitted() {
        return states.size() - 1;
    }

    /** After how many changes the lane may have looked as it does on this disk: one number, or several that look alike. */
    List<Integer> statesOn(MemorySegment disk) {
        long[] found = new long[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            found[i] = Block.stamp(disk, index * BYTES + (long) i * Block.SIZE);
            if (found[i] == -1) {
                throw new LabException("lane " + index + ", block " + i + ": a content that was never written");
            }
        }
        long hash = hash(found);
        List<Integer> same = new ArrayList<>();
        for (int n = 0; n < states.size(); n++) {
            if (states.get(n) == hash) {
                same.add(n);
            }
        }
        if (same.isEmpty()) {
            throw new LabException("lane " + index + ": it was never in this state");
        }
        return same;
    }

    private static long hash(long[] stamps) {
        long sum = 0;
        for (int i = 0; i < stamps.length; i++) {
            sum += Block.mix(Block.mix(stamps[i]) + i);
        }
        return sum;
    }
}
