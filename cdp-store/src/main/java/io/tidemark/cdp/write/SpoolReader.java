// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.volume.Segment;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** The reading end of a spool: one entry after the other, or again from an earlier one. By the store thread. */
final class SpoolReader implements AutoCloseable {
    private final Spool spool;
    private Segment segment;
    private String name = "";
    private long at;
    /** The sequence of what begins at {@link #at}, at least. */
    private long next;

    SpoolReader(Spool spool) {
        this.spool = spool;
    }

    /**
     * Reads an entry that the spool holds into {@code buffer}.
     *
     * @return its length
     * @throws StoreException DAMAGED, if it is not what was written
     */
    int read(long sequence, MemorySegment buffer) throws IOException {
        String holder = spool.holderOf(sequence).orElseThrow(() -> damaged(sequence));
        if (!holder.equals(name) || sequence < next) {
            close();
            segment = spool.volume().open(holder);
            name = holder;
        }
        while (true) {
            int length = header(buffer, sequence);
            long found = buffer.get(Le.U64, OutboxEntry.SEQUENCE);
            if (found == sequence) {
                segment.read(at, buffer.asSlice(0, length));
                if (!OutboxEntry.isBodySound(buffer.asSlice(0, length))) {
                    throw damaged(sequence);
                }
                return length;
            }
            at += length;
            next = found + 1;
        }
    }

    private int header(MemorySegment buffer, long wanted) throws IOException {
        if (at + OutboxEntry.SIZE > segment.size()) {
            throw damaged(wanted);
        }
        segment.read(at, buffer.asSlice(0, OutboxEntry.SIZE));
        int length = OutboxEntry.lengthOf(buffer);
        if (length == 0 || at + length > segment.size() || buffer.get(Le.U64, OutboxEntry.SEQUENCE) > wanted) {
            throw damaged(wanted);
        }
        return length;
    }

    private StoreException damaged(long sequence) {
        return new StoreException(
                StoreException.Code.DAMAGED,
                "spool " + spool.volume().name() + "/" + name + ": entry " + sequence
                        + " is not as it was written: check the disk below it");
    }

    @Override
    public void close() throws IOException {
        name = "";
        at = 0;
        next = 0;
        if (segment != null) {
            segment.close();
            segment = null;
        }
    }
}
