// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.EOFException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** A volume that takes everything at once and keeps names and lengths only; all that is read is zeros. For what shall cost nothing but itself. */
public final class NullVolume implements StoreVolume {
    private final NavigableMap<String, AtomicLong> lengths = new ConcurrentSkipListMap<>();

    @Override
    public String name() {
        return "null";
    }

    @Override
    public List<String> list() {
        return List.copyOf(lengths.keySet());
    }

    @Override
    public Segment create(String name) throws FileAlreadyExistsException {
        var length = new AtomicLong();
        if (lengths.putIfAbsent(SegmentName.checked(name), length) != null) {
            throw new FileAlreadyExistsException(name);
        }
        return new NullSegment(length);
    }

    @Override
    public Segment open(String name) throws NoSuchFileException {
        var length = lengths.get(name);
        if (length == null) {
            throw new NoSuchFileException(name);
        }
        return new NullSegment(length);
    }

    @Override
    public Segment reopen(String name) throws NoSuchFileException {
        return open(name);
    }

    @Override
    public void dropCache(String name) {}

    @Override
    public void delete(String name) throws NoSuchFileException {
        if (lengths.remove(name) == null) {
            throw new NoSuchFileException(name);
        }
    }

    @Override
    public void close() {}

    private record NullSegment(AtomicLong length) implements Segment {
        @Override
        public long size() {
            return length.get();
        }

        @Override
        public void append(MemorySegment bytes) {
            length.addAndGet(bytes.byteSize());
        }

        @Override
        public void read(long at, MemorySegment into) throws EOFException {
            if (at + into.byteSize() > length.get()) {
                throw new EOFException("ends before byte " + (at + into.byteSize()));
            }
            into.fill((byte) 0);
        }

        @Override
        public void sync() {}

        @Override
        public void truncate(long size) {
            length.set(size);
        }

        @Override
        public void close() {}
    }
}
