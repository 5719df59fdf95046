// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import java.util.List;
import java.util.Optional;

/**
 * A layer, as the catalogue names it: the net effect of the records [from, to) of the log, counted from the history's first.
 *
 * @param file its number in the volume of layers; never used again
 * @param from how many records lie before those that made it; 0 for a base
 * @param to how many up to the last of them: the state at {@code to} is what this layer and those below it show
 * @param number the last write up to there
 * @param time of the last record up to there, in microseconds since 1970
 * @param extents how many extents it has
 * @param bytes the file's size
 * @param needed how much content of each data segment it names, by ascending segment
 */
public record LayerEntry(
        int file, Kind kind, long from, long to, long number, long time, long extents, long bytes, List<Need> needed) {
    /**
     * Bytes of a data segment that a layer needs.
     *
     * @param bytes unpacked
     */
    public record Need(int segment, long bytes) {}

    /** What a layer is made of. */
    public enum Kind {
        /** One log segment. */
        FINE(1),
        /** 8, 64, 512 … of them. */
        SPAN(2),
        /** What lies between two kept states. */
        COARSE(3),
        /** Everything up to the horizon. */
        BASE(4);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        /** As it stands in files. */
        public int code() {
            return code;
        }

        public static Optional<Kind> of(int code) {
            return code >= 1 && code <= values().length ? Optional.of(values()[code - 1]) : Optional.empty();
        }
    }

    public LayerEntry {
        needed = List.copyOf(needed);
    }
}
