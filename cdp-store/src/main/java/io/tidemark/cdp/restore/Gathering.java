// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.MemorySegment;

/**
 * One thread's way of scattered content into the spill: a chunk at a time. What finds no room there is written to the target at once,
 * in small pieces. Belongs to one thread.
 */
final class Gathering implements AutoCloseable {
    private static final int SECTOR = 512;

    private final Spill spill;
    private final RestoreTarget.Lane lane;
    private final MemorySegment chunk = NativeMemory.anonymous(Spill.CHUNK);
    private final int[] indices = new int[Spill.CHUNK / SECTOR];
    private int count;
    private int filled;
    private Window window;

    Gathering(Spill spill, RestoreTarget.Lane lane) {
        this.spill = spill;
        this.lane = lane;
    }

    void begin(Window of) {
        window = of;
    }

    /** Where the next extent's content goes. @param length no more than a chunk */
    MemorySegment room(int length) {
        if (filled + length > Spill.CHUNK) {
            flush();
        }
        return chunk.asSlice(filled, length);
    }

    /** The content of this extent lies there now. */
    void add(int index) {
        indices[count++] = index;
        filled += (int) window.length(index);
    }

    void flush() {
        if (count == 0) {
            return;
        }
        long place = spill.write(chunk.asSlice(0, filled));
        for (int i = 0, at = 0; i < count; i++) {
            int length = (int) window.length(indices[i]);
            if (place >= 0) {
                window.spilled(indices[i], place + at);
            } else {
                lane.buffer().asSlice(0, length).copyFrom(chunk.asSlice(at, length));
                lane.write(window.offset(indices[i]), length);
                window.written(indices[i]);
            }
            at += length;
        }
        count = 0;
        filled = 0;
    }

    @Override
    public void close() {
        NativeMemory.unmap(chunk);
    }
}
