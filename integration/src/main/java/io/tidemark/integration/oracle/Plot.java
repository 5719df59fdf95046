// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.oracle;

import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.process.LabException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A part of the disk with one change in flight at a time: its changes have an order, whatever the others' is. All its states are known by
 * a sum, and of each change when it was sent and when it was acknowledged, by {@link System#nanoTime}.
 *
 * <p>Changes belong to the one thread of its queue; states may be looked for by another at the same time.
 */
final class Plot {
    static final int SECTORS = 1024;
    static final long BYTES = (long) SECTORS * Stamp.SECTOR;
    private static final int MOST_SECTORS = 64;
    /** Most changes go here. */
    private static final int BUSY_SECTORS = SECTORS / 8;

    /** Discards are cut to these, as a file system's are. */
    private static final int DISCARD_SECTORS = 8;

    private static final long NEVER = Long.MAX_VALUE;

    private final int index;
    private final MemorySegment buffer;
    private final SplittableRandom random;
    private final long[] stamps = new long[SECTORS];
    private long sum;

    /** Entry n is what is known of the n-th change, and of the state behind it. Replaced when they are full. */
    private volatile Changes changes = new Changes(1 << 10);

    /** Written behind the entries. */
    private volatile int sent;

    private volatile int acknowledged;

    private record Changes(long[] sums, long[] sent, long[] acknowledged) {
        Changes(int count) {
            this(new long[count], new long[count], new long[count]);
        }

        Changes larger() {
            int count = 2 * sums.length;
            return new Changes(
                    Arrays.copyOf(sums, count), Arrays.copyOf(sent, count), Arrays.copyOf(acknowledged, count));
        }
    }

    /** @param buffer {@link #bufferBytes} that the backend can reach */
    Plot(int index, MemorySegment buffer, long seed) {
        this.index = index;
        this.buffer = buffer;
        this.random = new SplittableRandom(seed + index);
        for (int i = 0; i < SECTORS; i++) {
            sum += term(i, 0);
        }
        changes.sums[0] = sum;
    }

    static long bufferBytes() {
        return (long) MOST_SECTORS * Stamp.SECTOR;
    }

    int index() {
        return index;
    }

    int sent() {
        return sent;
    }

    int acknowledged() {
        return acknowledged;
    }

    /** Puts the next change into the queue. */
    void submit(BlkioQueue queue) {
        int number = sent + 1;
        int kind = random.nextInt(20);
        int count = 1 + random.nextInt(random.nextInt(8) == 0 ? MOST_SECTORS : 12);
        int first = random.nextInt((random.nextInt(4) > 0 ? BUSY_SECTORS : SECTORS) - count + 1);
        if (kind == 0) {
            first -= first % DISCARD_SECTORS;
            count = Math.min(MOST_SECTORS, (count + DISCARD_SECTORS - 1) / DISCARD_SECTORS * DISCARD_SECTORS);
        }
        boolean writes = kind > 2;
        for (int i = 0; i < count; i++) {
            set(first + i, writes ? stamp(number, i) : 0);
        }
        var known = changes;
        if (number == known.sums.length) {
            known = known.larger();
            changes = known;
        }
        known.sums[number] = sum;
        known.sent[number] = System.nanoTime();
        sent = number;
        long offset = index * BYTES + (long) first * Stamp.SECTOR;
        long length = (long) count * Stamp.SECTOR;
        if (writes) {
            for (int i = 0; i < count; i++) {
                Stamp.fill(buffer, (long) i * Stamp.SECTOR, stamps[first + i]);
            }
            queue.write(offset, buffer.address(), length, index);
        } else if (kind == 0) {
            queue.discard(offset, length, index);
        } else {
            queue.writeZeroes(offset, length, index);
        }
    }

    private void set(int sector, long stamp) {
        sum += term(sector, stamp) - term(sector, stamps[sector]);
        stamps[sector] = stamp;
    }

    private static long term(int sector, long stamp) {
        return Stamp.mix(Stamp.mix(stamp) + sector);
    }

    private long stamp(int number, int sector) {
        return ((long) (index + 1) << 48) + ((long) number << 8) + sector;
    }

    void acknowledge() {
        int number = sent;
        changes.acknowledged[number] = System.nanoTime();
        acknowledged = number;
    }

    /** When a change was sent; the one before the first, always. */
    long sentAt(int number) {
        return number == 0 ? Long.MIN_VALUE : changes.sent[number];
    }

    /** When a change was acknowledged; never, if it wasn't yet or is none. */
    long acknowledgedAt(int number) {
        // The counter first: what it has reached is in the entries that are read behind it.
        return number > acknowledged ? NEVER : changes.acknowledged[number];
    }

    /**
     * After how many changes the plot looked as it does on this disk.
     *
     * @return the fewest and the most
     */
    Counts find(MemorySegment disk) {
        long found = 0;
        int newest = 0;
        for (int i = 0; i < SECTORS; i++) {
            long stamp = Stamp.at(disk, index * BYTES + (long) i * Stamp.SECTOR);
            if (stamp == Stamp.NONE) {
                throw new LabException(name() + ", sector " + i + ": a content that was never written");
            }
            found += term(i, stamp);
            newest = stamp == 0 ? newest : Math.max(newest, (int) (stamp >>> 8));
        }
        int last = sent;
        long[] sums = changes.sums;
        int fewest = -1;
        int most = -1;
        for (int number = newest; number <= last; number++) {
            if (sums[number] == found) {
                fewest = fewest < 0 ? number : fewest;
                most = number;
            }
        }
        if (fewest < 0) {
            throw new LabException(name() + ": was never in this state, with change " + newest + " as the newest of "
                    + last + " that shows");
        }
        return new Counts(fewest, most);
    }

    private String name() {
        return "plot " + index;
    }

    record Counts(int fewest, int most) {}
}
