// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Makes the disk of an image larger: a longer L1 table is written elsewhere, if the disk needs one; when that lasts the header
 * names it, and the size, in one sector. Done by the metadata thread, so no entry changes meanwhile.
 */
final class Growth {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

    private final Image container;
    private final Tables tables;
    private final long cacheBytes;

    Growth(Image container, Tables tables, long cacheBytes) {
        this.container = container;
        this.tables = tables;
        this.cacheBytes = cacheBytes;
    }

    /**
     * @param size the disk's, larger than before
     * @return the tables to go on with
     * @throws Refused where there can be no such disk; then nothing has changed
     * @throws ImageException where there is no room, or it can't be written
     */
    Tables to(long size) {
        Header before = tables.header();
        long entries = before.l1EntriesFor(size);
        if (entries > Header.MAX_L1_ENTRIES) {
            throw new Refused(
                    "can't be so large with clusters of " + before.cluster() + " bytes", "choose a smaller size");
        }
        boolean longer = entries > before.l1Entries();
        long bytes = (entries * Long.BYTES + before.cluster() - 1) & -before.cluster();
        Tables larger = new Tables(before.grown(size, Math.max(before.l1Entries(), (int) entries)), cacheBytes);
        larger.l1().asSlice(0, tables.l1().byteSize()).copyFrom(tables.l1());
        Worker<Allocator> allocator = tables.space().worker();
        if (longer) {
            long place = allocator.call(means -> means.row(bytes >>> before.clusterBits()));
            write(larger.l1(), place, bytes);
            larger.l1Moved(place);
        }
        try {
            allocator.call(means -> means.changeHeader(sector -> {
                sector.set(INT, HeaderField.L1_ENTRIES, larger.header().l1Entries());
                sector.set(
                        BigEndian.LONG, HeaderField.L1_OFFSET, larger.header().l1Offset());
                sector.set(BigEndian.LONG, HeaderField.SIZE, size);
            }));
        } catch (ImageException e) {
            // A write that fails may have taken effect. The tables that there are can be found by either; no other can.
            if (longer) {
                tables.unsure();
            }
            throw e;
        }
        if (longer) {
            tables.space().tables().l1Moved(larger.header().l1Offset(), bytes);
            tables.space().drop(List.of(new Dropped(before.l1Offset(), Math.max(1, before.l1Bytes()))));
        }
        larger.space(tables.space());
        tables.successor(larger);
        return larger;
    }

    private void write(MemorySegment l1, long place, long bytes) {
        try (Arena arena = Arena.ofConfined();
                ParallelIo io = new ParallelIo(container)) {
            MemorySegment table = arena.allocate(bytes, NativeMemory.PAGE);
            table.asSlice(0, l1.byteSize()).copyFrom(l1);
            io.write(place, table);
            io.flush();
        }
    }
}
