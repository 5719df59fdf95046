// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.bitmap.BlockSet;
import java.util.ArrayList;
import java.util.List;

/**
 * What of a restore is done: all before an offset, some sectors behind it, and not what was damaged. Used under a lock of its
 * owner.
 */
final class Headway {
    private static final int SECTOR = 512;

    private final BlockSet done = new BlockSet(SECTOR);
    private final List<Missing> missing = new ArrayList<>();
    private long upTo;

    long upTo() {
        return upTo;
    }

    /** All before the offset is done, or missing. */
    void upTo(long offset) {
        upTo = offset;
        done.clear();
    }

    /** @param offset no more than {@link Window#LONGEST} behind {@link #upTo()} */
    void add(long offset, long length) {
        done.add(offset - upTo, length);
    }

    boolean contains(long offset, long length) {
        return done.contains(offset - upTo, length);
    }

    /** Sectors that are done behind {@link #upTo()}. */
    void forEachDone(BlockSet.RangeConsumer consumer) {
        done.forEachRange((offset, length) -> consumer.accept(upTo + offset, length));
    }

    List<Missing> missing() {
        return missing;
    }

    Headway copy() {
        var copy = new Headway();
        copy.upTo = upTo;
        copy.done.addAll(done);
        copy.missing.addAll(missing);
        return copy;
    }
}
