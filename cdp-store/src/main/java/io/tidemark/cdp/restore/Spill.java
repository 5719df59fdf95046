// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.cdp.StoreException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Content that waits until its neighbours on the disk come by: a passing file, which mostly never leaves the page cache. May be used by
 * any thread.
 */
final class Spill implements AutoCloseable {
    /** What is written at a time. */
    static final int CHUNK = 1 << 20;

    private final FileChannel file;
    private final long room;
    private final AtomicLong end = new AtomicLong();
    private volatile boolean full;

    /** @param scratch to be closed by this */
    Spill(RestoreTarget.Scratch scratch) {
        file = scratch.file();
        room = scratch.room();
    }

    /**
     * Keeps up to a chunk of content.
     *
     * @return where it lies, or -1 if there is no room
     */
    long write(MemorySegment content) {
        long at = full ? room : end.getAndAdd(content.byteSize());
        if (at > room - content.byteSize()) {
            full = true;
            return -1;
        }
        var from = content.asByteBuffer();
        try {
            while (from.hasRemaining()) {
                file.write(from, at + from.position());
            }
            return at;
        } catch (IOException _) {
            // The target needs the last of the space more.
            full = true;
            return -1;
        }
    }

    void read(long at, MemorySegment into) {
        var to = into.asByteBuffer();
        try {
            while (to.hasRemaining()) {
                if (file.read(to, at + to.position()) < 0) {
                    throw new IOException("is cut short");
                }
            }
        } catch (IOException e) {
            throw StoreException.of("passing file of the restore", e);
        }
    }

    /** Forgets all. */
    void clear() {
        end.set(0);
        full = false;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException _) {
            // Nobody wants it any more.
        }
    }
}
