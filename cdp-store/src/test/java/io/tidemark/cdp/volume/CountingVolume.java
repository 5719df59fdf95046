// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what is read of a volume. */
public final class CountingVolume extends ForwardingVolume {
    private final StoreVolume below;
    private final AtomicLong opened = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    public CountingVolume(StoreVolume below) {
        super(below);
        this.below = below;
    }

    public void forget() {
        opened.set(0);
        bytes.set(0);
    }

    /** How often a segment was opened to be read. */
    public long opened() {
        return opened.get();
    }

    /** How many bytes were read. */
    public long bytes() {
        return bytes.get();
    }

    /** How many bytes there are. */
    public long size() throws IOException {
        long size = 0;
        for (var name : below.list()) {
            try (var segment = below.open(name)) {
                size += segment.size();
            }
        }
        return size;
    }

    @Override
    public Segment create(String name) throws IOException {
        return below.create(name);
    }

    @Override
    public Segment open(String name) throws IOException {
        opened.incrementAndGet();
        return new Counted(below.open(name));
    }

    @Override
    public Segment reopen(String name) throws IOException {
        return below.reopen(name);
    }

    @Override
    public void delete(String name) throws IOException {
        below.delete(name);
    }

    private final class Counted extends ForwardingSegment {
        private final Segment segment;

        Counted(Segment segment) {
            super(segment);
            this.segment = segment;
        }

        @Override
        public void append(MemorySegment content) throws IOException {
            segment.append(content);
        }

        @Override
        public void read(long at, MemorySegment into) throws IOException {
            bytes.addAndGet(into.byteSize());
            segment.read(at, into);
        }

        @Override
        public void sync() throws IOException {
            segment.sync();
        }

        @Override
        public void truncate(long size) throws IOException {
            segment.truncate(size);
        }
    }
}
