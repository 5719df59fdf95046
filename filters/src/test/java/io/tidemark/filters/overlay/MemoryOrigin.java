// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import io.tidemark.disk.Extent;
import io.tidemark.disk.MemoryImage;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** An origin in memory, a third of it holes; it can be made to fail. */
final class MemoryOrigin implements Origin {
    private final MemoryImage image;
    volatile boolean broken;

    MemoryOrigin(long capacity, Random random) {
        this.image = MemoryImage.inline(capacity);
        for (long at = 0; at < capacity; at += 4096) {
            if (random.nextInt(3) > 0) {
                var block = new byte[4096];
                random.nextBytes(block);
                MemorySegment.copy(MemorySegment.ofArray(block), 0, image.content(), at, 4096);
            }
        }
    }

    byte[] bytes() {
        return image.bytes();
    }

    @Override
    public String name() {
        return "memory at write:1";
    }

    @Override
    public long capacity() {
        return image.geometry().capacity();
    }

    @Override
    public Reader open() {
        return new Reader() {
            @Override
            public void read(long offset, MemorySegment into) {
                if (broken) {
                    throw new IllegalStateException("the origin is broken");
                }
                MemorySegment.copy(image.content(), offset, into, 0, into.byteSize());
                // What was read gets old: long enough for a guest to write there, if nothing keeps it from that.
                LockSupport.parkNanos(into.byteSize() * 4);
            }

            @Override
            public Extent extentAt(long offset) {
                return image.extentAt(offset);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void close() {}
}
