// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.cli;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A disk in a store, read by this process: for many points, where a command for each would take too long. */
public final class StoredDisk implements AutoCloseable {
    private static final int STRETCH = 256 << 10;

    private final HistoryReader reader;

    private StoredDisk(HistoryReader reader) {
        this.reader = reader;
    }

    /** The history as far as it is durable now. */
    public static StoredDisk open(Path store, String disk) {
        return new StoredDisk(Store.open(store).read(disk));
    }

    public HistoryReader reader() {
        return reader;
    }

    /** Reads what the disk held at a point. */
    public void read(Point point, long offset, MemorySegment into) {
        try (PastView view = reader.view(reader.resolve(point))) {
            view.read(offset, into);
        }
    }

    /** Writes what the disk held at a point into a new file. */
    public void copy(Point point, Path to) {
        try (PastView view = reader.view(reader.resolve(point));
                Arena arena = Arena.ofConfined();
                FileChannel file = FileChannel.open(
                        to, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MemorySegment content = file.map(FileChannel.MapMode.READ_WRITE, 0, view.capacity(), arena);
            for (long at = 0; at < view.capacity(); at += STRETCH) {
                view.read(at, content.asSlice(at, Math.min(STRETCH, view.capacity() - at)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        reader.close();
    }
}
