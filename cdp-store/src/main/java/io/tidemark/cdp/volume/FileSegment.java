// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

final class FileSegment implements Segment {
    private static final int PAGE = 4096;

    private final FileChannel channel;
    private final Path file;
    private final Object key;
    private FileChannel direct;

    /** Takes the channel over; {@code file} is where it was opened. */
    FileSegment(FileChannel channel, Path file) throws IOException {
        this.channel = channel;
        this.file = file;
        try {
            this.key = key(file);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    @Override
    public void append(MemorySegment bytes) throws IOException {
        var buffer = bytes.asByteBuffer();
        long at = channel.size();
        while (buffer.hasRemaining()) {
            at += channel.write(buffer, at);
        }
    }

    @Override
    public void read(long at, MemorySegment into) throws IOException {
        var buffer = into.asByteBuffer();
        while (buffer.hasRemaining()) {
            int count;
            try {
                count = channel.read(buffer, at + buffer.position());
            } catch (IOException e) {
                throw StaleHandle.is(e) ? new NoSuchFileException(file.toString()) : e;
            }
            if (count < 0) {
                throw new EOFException("ends before byte " + (at + buffer.limit()));
            }
        }
    }

    /** Past the page cache: filling it, and copying out of it, costs more than unpacking what is read. */
    @Override
    public int readPages(long at, MemorySegment into) throws IOException {
        if (direct == null) {
            direct = pastThePageCache();
        }
        var buffer = into.asByteBuffer();
        try {
            while (buffer.hasRemaining() && buffer.position() % PAGE == 0) {
                if (direct.read(buffer, at + buffer.position()) < 0) {
                    break;
                }
            }
            return buffer.position();
        } catch (IOException _) {
            // Here it can't be done: by the page cache it can, or that says why not.
            return Segment.super.readPages(at, into);
        }
    }

    private FileChannel pastThePageCache() {
        try {
            return FileChannel.open(file, StandardOpenOption.READ, ExtendedOpenOption.DIRECT);
        } catch (UnsupportedOperationException | IOException _) {
            return channel;
        }
    }

    @Override
    public void sync() throws IOException {
        channel.force(false);
        // A file that was moved or deleted takes bytes as ever; nobody would find them.
        if (!key.equals(key(file))) {
            throw new NoSuchFileException(file.toString());
        }
    }

    @Override
    public void truncate(long size) throws IOException {
        channel.truncate(size);
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (direct != null) {
            direct.close();
        }
    }

    /** Device and inode of what has this name now. */
    private static Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }
}
