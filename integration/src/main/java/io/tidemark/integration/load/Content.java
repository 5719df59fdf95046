// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.process.LabException;
import java.lang.foreign.MemorySegment;

/** What each block of a part of the disk must hold, by the stamps of the changes sent to it. Belongs to one thread. */
final class Content {
    private final long firstBlock;
    private final long[] stamps;
    private final int[] changing;
    private final long[] changes;

    /** @param firstBlock where the part begins on the disk, which holds zeros */
    Content(long firstBlock, int blocks) {
        this.firstBlock = firstBlock;
        this.stamps = new long[blocks];
        this.changing = new int[blocks];
        this.changes = new long[blocks];
    }

    int blocks() {
        return stamps.length;
    }

    /** Where a block begins, in bytes of the disk. */
    long offset(int block) {
        return (firstBlock + block) * Block.SIZE;
    }

    /** A change was sent: from now on it is the last one. */
    void begin(int block, long stamp) {
        stamps[block] = stamp;
        changing[block]++;
        changes[block]++;
    }

    /** A change was acknowledged. */
    void end(int block) {
        changing[block]--;
    }

    /** Whether no change of these blocks is in flight. */
    boolean isSettled(int first, int count) {
        for (int block = first; block < first + count; block++) {
            if (changing[block] != 0) {
                return false;
            }
        }
        return true;
    }

    /** What a read that begins now can be checked by: -1 where a change is in flight, which may or may not be seen. */
    long readable(int block) {
        return changing[block] == 0 ? changes[block] : -1;
    }

    /**
     * Throws unless a read has found what it must.
     *
     * @param readable what {@link #readable} said at its beginning
     */
    void checkRead(int block, long readable, MemorySegment data, long at) {
        if (readable == changes[block]) {
            check("a read", block, data, at);
        }
    }

    /** Throws unless the disk holds exactly the last change of each block. None may be in flight. */
    void check(MemorySegment disk) {
        for (int block = 0; block < stamps.length; block++) {
            check("the disk", block, disk, offset(block));
        }
    }

    private void check(String where, int block, MemorySegment data, long at) {
        long found = Block.stamp(data, at);
        if (found != stamps[block]) {
            throw new LabException("%s has stamp %x in block %d at offset %d, not %x"
                    .formatted(where, found, block, offset(block), stamps[block]));
        }
    }
}
