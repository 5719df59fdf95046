// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.pin;

import io.tidemark.cdp.format.Le;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * What a reader needs: the disk at one state.
 *
 * @param number the last write in it
 * @param time of its last record, in microseconds since 1970
 * @param records how many records of the log make it
 * @param layers the layer files through which it is looked at
 */
public record PinnedState(long number, long time, long records, List<Integer> layers) {
    /** "TMPN" */
    private static final int MAGIC = 0x4e504d54;

    private static final int NUMBER = 4;
    private static final int TIME = 12;
    private static final int RECORDS = 20;
    private static final int LAYERS = 28;

    public PinnedState {
        layers = List.copyOf(layers);
    }

    byte[] bytes() {
        int end = LAYERS + 4 * layers.size();
        var bytes = new byte[end + 4];
        var file = MemorySegment.ofArray(bytes);
        file.set(Le.U32, 0, MAGIC);
        file.set(Le.U64, NUMBER, number);
        file.set(Le.U64, TIME, time);
        file.set(Le.U64, RECORDS, records);
        for (int i = 0; i < layers.size(); i++) {
            file.set(Le.U32, LAYERS + 4L * i, layers.get(i));
        }
        file.set(Le.U32, end, Le.crc32c(file, 0, end));
        return bytes;
    }

    /** What a pin says, or null for one that needs everything: also if it makes no sense. */
    static PinnedState of(byte[] bytes) {
        var file = MemorySegment.ofArray(bytes);
        int end = bytes.length - 4;
        if (end < LAYERS
                || end % 4 != 0
                || file.get(Le.U32, 0) != MAGIC
                || file.get(Le.U32, end) != Le.crc32c(file, 0, end)
                || file.get(Le.U64, NUMBER) < 0
                || file.get(Le.U64, RECORDS) < 0) {
            return null;
        }
        var layers = new ArrayList<Integer>();
        for (long at = LAYERS; at < end; at += 4) {
            layers.add(file.get(Le.U32, at));
        }
        return new PinnedState(file.get(Le.U64, NUMBER), file.get(Le.U64, TIME), file.get(Le.U64, RECORDS), layers);
    }
}
