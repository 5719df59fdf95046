// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.Slot;
import java.lang.foreign.MemorySegment;

/** Which writer's stretch of the history records belong to: the slot that opens its first gap tells. */
final class Session {
    private Session() {}

    /** The last session that slots tell of, or {@code before}. */
    static int last(MemorySegment bytes, long from, long to, int before) {
        int session = before;
        for (long slot = from; slot < to; slot += Slot.SIZE) {
            boolean told =
                    bytes.get(Le.U8, slot + Slot.KIND) == Kind.GAP_BEGIN && bytes.get(Le.U64, slot + Slot.OFFSET) != 0;
            session = told ? (int) bytes.get(Le.U64, slot + Slot.OFFSET) : session;
        }
        return session;
    }
}
