// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.pin;

import io.tidemark.cdp.format.Le;
import java.lang.foreign.MemorySegment;

/**
 * What a reader needs: the disk at one state.
 *
 * @param number the last write in it
 * @param time of its last record, in microseconds since 1970
 * @param records how many records of the log make it
 */
public record PinnedState(long number, long time, long records) {
    /** "TMPN" */
    private static final int MAGIC = 0x4e504d54;

    private static final int SIZE = 32;

    byte[] bytes() {
        var bytes = new byte[SIZE];
        var file = MemorySegment.ofArray(bytes);
        file.set(Le.U32, 0, MAGIC);
        file.set(Le.U64, 4, number);
        file.set(Le.U64, 12, time);
        file.set(Le.U64, 20, records);
        file.set(Le.U32, 28, Le.crc32c(file, 0, 28));
        return bytes;
    }

    /** What a pin says, or null for one that needs everything: also if it makes no sense. */
    static PinnedState of(byte[] bytes) {
        var file = MemorySegment.ofArray(bytes);
        if (bytes.length != SIZE
                || file.get(Le.U32, 0) != MAGIC
                || file.get(Le.U32, 28) != Le.crc32c(file, 0, 28)
                || file.get(Le.U64, 4) < 0
                || file.get(Le.U64, 20) < 0) {
            return null;
        }
        return new PinnedState(file.get(Le.U64, 4), file.get(Le.U64, 12), file.get(Le.U64, 20));
    }
}
