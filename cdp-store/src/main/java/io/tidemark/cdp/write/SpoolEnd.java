// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.Slot;
import java.lang.foreign.MemorySegment;

/**
 * The last whole entry of a spool: what a writer goes on behind of.
 *
 * @param sequence of the entry
 */
record SpoolEnd(
        long sequence, long batch, long position, long time, boolean gapOpen, boolean clean, int session, Link link) {
    /** @param session what the entries up to this one tell */
    static SpoolEnd of(MemorySegment entry, int session) {
        long slot = OutboxEntry.SIZE + (entry.get(Le.U32, OutboxEntry.SLOTS) - 1L) * Slot.SIZE;
        long last = slot;
        while (entry.get(Le.U8, last) == Kind.NAME && last > OutboxEntry.SIZE) {
            last -= Slot.SIZE;
        }
        return new SpoolEnd(
                entry.get(Le.U64, OutboxEntry.SEQUENCE),
                entry.get(Le.U64, OutboxEntry.BATCH),
                entry.get(Le.U64, OutboxEntry.AFTER),
                entry.get(Le.U64, last + Slot.TIME),
                OutboxEntry.has(entry, OutboxEntry.GAP_OPEN),
                entry.get(Le.U8, slot) == Kind.CLEAN_END,
                session,
                Link.of(entry, slot));
    }
}
