// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.filters.intent.IntentMap;
import java.io.IOException;

/** Where a disk's intent map lies. Used by the protection thread. */
public interface OpenIntent {
    /**
     * Opens the map, or makes a new one in which everything may differ.
     *
     * @param heir the number of the heir that this process is, who knows what was changed since the map was left; 0 if it is none
     */
    IntentMap open(Session session, long capacity, int heir) throws IOException;

    /** Removes the map, if there is one: durably, for the image is going to be changed without it. */
    void forget() throws IOException;

    /** What the image is like now, so that a change beside this process is noticed; empty if that can't be told. */
    String image();
}
