// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.Slot;
import java.lang.foreign.MemorySegment;

/**
 * Tells one record of a history from every other, of that history and of others, wherever its content lies. What goes behind a
 * record names it, so that it is never put behind another.
 */
record Link(long time, int checksum) {
    /** In place of the record before the first one. */
    static final Link NONE = new Link(0, 0);

    static Link of(MemorySegment bytes, long slot) {
        return new Link(bytes.get(Le.U64, slot + Slot.TIME), Le.crc32c(bytes, slot, Slot.SEGMENT));
    }
}
