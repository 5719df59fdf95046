// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import com.sun.nio.file.ExtendedOpenOption;
import io.tidemark.disk.posix.NativeMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A segment that is written past the page cache. What flows into a history is hardly ever read again soon; in the page cache
 * it would cost the guest processor time, memory, and pauses when the kernel writes it back in bursts.
 *
 * <p>Bytes are collected in a stage and written when it is full, or at a sync. Until the segment is closed the file may end
 * in up to a page of zeros behind the last synced byte. The page with the end is written again as it fills: the bytes that
 * were synced before stay as they are, so a write that is torn there can't harm them.
 */
final class DirectSegment implements Segment {
    private static final int PAGE = 4096;
    private static final int STAGE = 256 << 10;

    private final FileSegment file;
    private final FileChannel direct;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment stage = NativeMemory.anonymous(STAGE, arena);

    /** The stage holds what belongs at {@code base}; of {@code filled} bytes {@code written} are in the file. */
    private long base;

    private int filled;
    private int written;
    private boolean padded;
    private boolean failed;

    private DirectSegment(FileSegment file, FileChannel direct) throws IOException {
        this.file = file;
        this.direct = direct;
        try {
            restage();
        } catch (IOException e) {
            arena.close();
            throw e;
        }
    }

    /** Takes over a segment that is open for writing; gives it back as it is where the file system can't do this. */
    static Segment over(FileSegment file, Path path) throws IOException {
        FileChannel direct = null;
        try {
            if (Files.getFileStore(path).getBlockSize() > PAGE) {
                return file;
            }
            direct = FileChannel.open(path, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
            return new DirectSegment(file, direct);
        } catch (UnsupportedOperationException | IOException _) {
            if (direct != null) {
                direct.close();
            }
            return file;
        }
    }

    /** Begins anew at the end of the file, whose last page may be there in part. */
    private void restage() throws IOException {
        long size = file.size();
        base = size & -PAGE;
        filled = (int) (size - base);
        written = filled;
        file.read(base, stage.asSlice(0, filled));
    }

    @Override
    public long size() {
        return base + filled;
    }

    @Override
    public void append(MemorySegment bytes) throws IOException {
        for (long done = 0; done < bytes.byteSize(); ) {
            int part = (int) Math.min(bytes.byteSize() - done, STAGE - filled);
            MemorySegment.copy(bytes, done, stage, filled, part);
            filled += part;
            done += part;
            if (filled == STAGE) {
                write(STAGE);
                base += STAGE;
                filled = 0;
                written = 0;
            }
        }
    }

    private void write(int to) throws IOException {
        int from = written & -PAGE;
        failed = true;
        while (from < to) {
            from += direct.write(stage.asSlice(from, to - from).asByteBuffer(), base + from);
        }
        failed = false;
        written = filled;
    }

    private void writeOut() throws IOException {
        if (written < filled) {
            int end = (filled + PAGE - 1) & -PAGE;
            stage.asSlice(filled, end - filled).fill((byte) 0);
            write(end);
            padded = end != filled;
        }
    }

    @Override
    public void read(long at, MemorySegment into) throws IOException {
        file.read(at, into);
    }

    @Override
    public void sync() throws IOException {
        writeOut();
        file.sync();
    }

    @Override
    public void truncate(long size) throws IOException {
        writeOut();
        file.truncate(size);
        padded = false;
        restage();
    }

    /** Cuts the zeros behind the end, so that a segment that is complete holds nothing else. */
    @Override
    public void close() throws IOException {
        try (file;
                direct;
                arena) {
            if (!failed) {
                writeOut();
                if (padded) {
                    file.truncate(size());
                }
            }
        }
    }
}
