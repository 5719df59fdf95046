// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

/** The net effect of a part of a history. Belongs to one thread. */
public interface Layer extends AutoCloseable {
    /** Whether an extent may lie in a range; if not, none does. Reads nothing. */
    boolean mayHold(long from, long to);

    /** A new cursor, before the first extent until it is sent somewhere. */
    LayerCursor cursor();

    /** Never throws: layers are only read. */
    @Override
    default void close() {}
}
