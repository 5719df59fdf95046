// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.filters.capture.Capture;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Notes where a disk is changed while nobody writes its history: another process still has it, or it is opened anew for a larger disk.
 * It stands in the way of all loops, from before their first request or from right behind what was captured, until capture takes its
 * place; a note is made before the change goes to the image. A note may take memory, as where capture marks what it misses: a bit for
 * each block of 64 KiB and loop at the most.
 */
public final class NotedChanges implements Filter {
    private final List<Notes> all = new CopyOnWriteArrayList<>();

    @Override
    public BlockDevice attach(Loop loop, BlockDevice below) {
        Notes notes = new Notes(below, new BlockSet(Capture.DIRTY_BLOCK));
        all.add(notes);
        return notes;
    }

    /** All of them. When no request is on its way through this filter any more, and the loops have said so. */
    BlockSet blocks() {
        BlockSet blocks = new BlockSet(Capture.DIRTY_BLOCK);
        all.forEach(notes -> blocks.addAll(notes.blocks));
        return blocks;
    }

    private record Notes(BlockDevice below, BlockSet blocks) implements BlockDevice {
        @Override
        public void submit(Request request) {
            if (request.changesContent()) {
                blocks.add(request.offset(), request.length());
            }
            below.submit(request);
        }

        @Override
        public void letGo() {
            below.letGo();
        }
    }
}
