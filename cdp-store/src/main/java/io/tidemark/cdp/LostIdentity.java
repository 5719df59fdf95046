// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.format.IdentityFile;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentFault;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StoreVolume;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.UUID;

/** What a history was whose identity file is lost, by the headers of its segments: each tells the id and the size of the disk. */
final class LostIdentity {
    private UUID id;
    private long capacity;

    private LostIdentity() {}

    /** Looks into every segment until the newest one is found whose header is right. */
    static Optional<IdentityFile> find(String disk, StorePlace place) throws IOException {
        var found = new LostIdentity();
        var history = new History(disk, new UUID(0, 0), 0, place);
        found.look(history.meta(), SegmentHeader.META_MAGIC);
        if (found.id == null) {
            found.look(history.data(), SegmentHeader.DATA_MAGIC);
        }
        return found.id == null ? Optional.empty() : Optional.of(new IdentityFile(found.id, found.capacity, 0));
    }

    private void look(StoreVolume volume, long magic) throws IOException {
        for (var name : volume.list().reversed()) {
            try (var segment = volume.open(name);
                    var arena = Arena.ofConfined()) {
                var header = arena.allocate(SegmentHeader.SIZE, Long.BYTES);
                if (segment.size() >= SegmentHeader.SIZE) {
                    segment.read(0, header);
                    if (take(header, magic, Long.parseLong(name))) {
                        return;
                    }
                }
            }
        }
    }

    private boolean take(MemorySegment header, long magic, long number) {
        var own = new UUID(
                header.get(Le.U64, SegmentHeader.HISTORY), header.get(Le.U64, SegmentHeader.HISTORY + Long.BYTES));
        if (SegmentHeader.fault(header, magic, own, number) != SegmentFault.NONE) {
            return false;
        }
        id = own;
        capacity = header.get(Le.U64, SegmentHeader.CAPACITY);
        return true;
    }
}
