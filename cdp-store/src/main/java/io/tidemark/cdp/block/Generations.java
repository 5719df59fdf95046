// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

/** Which generation of each data segment is the one to read: 0 is the segment as it was written, later ones are packed. */
public interface Generations {
    /** Of a history in which nothing was packed. */
    Generations NONE = segment -> 0;

    int of(int segment);

    /**
     * What took the place of a generation that is gone.
     *
     * @return the generation to read now; {@code gone} itself if nothing did
     */
    default int after(int segment, int gone) {
        return gone;
    }
}
