// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.rbd;

import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.volume.Segment;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.disk.rbd.RbdImage;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A segment in an image: a page that says how long it is, then its bytes. The image grows ahead of them.
 *
 * <p>Bytes and length are flushed together, in no order. After a crash the length may go beyond what was written; there are zeros then, as at
 * the end of a file, and nothing has named them.
 */
final class RbdSegment implements Segment {
    /** What an image has at first, in bytes; only what is written takes space. */
    static final long FIRST_SIZE = 64L << 20;

    /** "TMRKLENG", then the length, then the checksum of both. */
    private static final long MAGIC = 0x474e454c4b524d54L;

    private static final int LENGTH = 8;
    private static final int CHECKSUM = 16;
    private static final int SIZE = 20;
    private static final int CONTENT = NativeMemory.PAGE;
    private static final int STAGE = 1 << 20;

    private final RbdConnection connection;
    private final String name;
    private final boolean readOnly;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment page = arena.allocate(CONTENT, CONTENT);
    private MemorySegment stage = MemorySegment.NULL;
    private RbdImage image;
    private long room;
    private long length;
    private boolean dirty;
    private boolean failed;

    private RbdSegment(RbdConnection connection, String name, boolean readOnly) {
        this.connection = connection;
        this.name = name;
        this.readOnly = readOnly;
    }

    /** One that was just created: its first length is written, too. */
    static RbdSegment created(RbdConnection connection, String name) throws IOException {
        var segment = opened(connection, name, false);
        try {
            segment.dirty = true;
            segment.sync();
            return segment;
        } catch (IOException | RuntimeException e) {
            segment.close();
            throw e;
        }
    }

    static RbdSegment read(RbdConnection connection, String name) throws IOException {
        return opened(connection, name, true).loaded();
    }

    static RbdSegment written(RbdConnection connection, String name) throws IOException {
        return opened(connection, name, false).loaded();
    }

    private static RbdSegment opened(RbdConnection connection, String name, boolean readOnly) throws IOException {
        var segment = new RbdSegment(connection, name, readOnly);
        connection.enter();
        try {
            segment.openImage();
            return segment;
        } catch (IOException | RuntimeException e) {
            segment.close();
            throw e;
        }
    }

    private RbdSegment loaded() throws IOException {
        try {
            load();
            return this;
        } catch (IOException | RuntimeException e) {
            failed = true;
            close();
            throw e;
        }
    }

    private void openImage() throws IOException {
        var pool = connection.enter();
        try {
            image = readOnly ? pool.openReadOnly(name) : pool.open(name);
            room = image.size();
        } finally {
            connection.leave();
        }
    }

    /** An image whose first page was never written is one that nothing was appended to. */
    private void load() throws IOException {
        image.read(0, page);
        long magic = page.get(Le.U64, 0);
        if (magic == 0) {
            length = 0;
            return;
        }
        if (magic != MAGIC || page.get(Le.U32, CHECKSUM) != Le.crc32c(page, 0, CHECKSUM)) {
            throw new IOException(name + ": the page with its length is damaged");
        }
        length = page.get(Le.U64, LENGTH);
    }

    @Override
    public synchronized long size() throws IOException {
        if (readOnly) {
            load();
        }
        return length;
    }

    @Override
    public synchronized void append(MemorySegment bytes) throws IOException {
        failed = true;
        while (CONTENT + length + bytes.byteSize() > room) {
            room *= 2;
            image.resize(room);
        }
        image.write(CONTENT + length, inNativeMemory(bytes));
        failed = false;
        length += bytes.byteSize();
        dirty = true;
    }

    private MemorySegment inNativeMemory(MemorySegment bytes) {
        if (bytes.isNative()) {
            return bytes;
        }
        if (stage.byteSize() < bytes.byteSize()) {
            stage = arena.allocate(Math.max(STAGE, bytes.byteSize()));
        }
        return stage.asSlice(0, bytes.byteSize()).copyFrom(bytes);
    }

    @Override
    public synchronized void read(long at, MemorySegment into) throws IOException {
        long end = at + into.byteSize();
        if (end > length && end > size()) {
            throw new EOFException("ends before byte " + end);
        }
        if (CONTENT + end > room) {
            // It has grown since it was opened, which who only reads isn't told.
            image.close();
            openImage();
        }
        if (into.isNative()) {
            image.read(CONTENT + at, into);
        } else {
            try (var own = Arena.ofConfined()) {
                var bytes = own.allocate(Math.max(into.byteSize(), 1)).asSlice(0, into.byteSize());
                image.read(CONTENT + at, bytes);
                into.copyFrom(bytes);
            }
        }
    }

    @Override
    public synchronized void sync() throws IOException {
        if (dirty) {
            page.set(Le.U64, 0, MAGIC);
            page.set(Le.U64, LENGTH, length);
            page.set(Le.U32, CHECKSUM, Le.crc32c(page, 0, CHECKSUM));
            image.write(0, page);
        }
        image.flush();
        dirty = false;
    }

    /** What is cut reads as zeros if the length goes beyond it again. */
    @Override
    public synchronized void truncate(long size) throws IOException {
        if (size < length) {
            image.writeZeroes(CONTENT + size, length - size);
            length = size;
            dirty = true;
        }
        sync();
    }

    @Override
    public synchronized void close() throws IOException {
        if (!arena.scope().isAlive()) {
            return;
        }
        try {
            if (dirty && !failed) {
                sync();
            }
        } finally {
            arena.close();
            try {
                if (image != null) {
                    image.close();
                }
            } finally {
                connection.leave();
            }
        }
    }
}
