// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** A target in memory. What lanes have not drained may be lost, and what was flushed is remembered. */
public final class ArrayTarget implements RestoreTarget {
    public final byte[] disk;
    private final boolean fresh;
    /** Called before each piece. */
    Runnable before = () -> {};
    /** Of the passing file. */
    long room = Long.MAX_VALUE;

    volatile byte[] flushed;

    public ArrayTarget(byte[] disk, boolean fresh) {
        this.disk = disk;
        this.fresh = fresh;
        this.flushed = disk.clone();
    }

    @Override
    public boolean isFresh() {
        return fresh;
    }

    @Override
    public Scratch scratch() {
        try {
            var passing = Files.createTempFile("restore", null);
            var file = FileChannel.open(passing, StandardOpenOption.READ, StandardOpenOption.WRITE);
            Files.delete(passing);
            return new Scratch(file, room);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Lane open() {
        return new ArrayLane();
    }

    @Override
    public void flush() {
        flushed = disk.clone();
    }

    private final class ArrayLane implements Lane {
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment buffer = arena.allocate(PIECE);

        @Override
        public MemorySegment buffer() {
            return buffer;
        }

        @Override
        public void write(long offset, int length) {
            before.run();
            MemorySegment.ofArray(disk).asSlice(offset, length).copyFrom(buffer.asSlice(0, length));
        }

        @Override
        public void zero(long offset, long length) {
            Arrays.fill(disk, (int) offset, (int) (offset + length), (byte) 0);
        }

        @Override
        public void drain() {}

        @Override
        public void close() {
            arena.close();
        }
    }
}
