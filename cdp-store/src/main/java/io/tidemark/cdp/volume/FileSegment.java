// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;

final class FileSegment implements Segment {
    private final FileChannel channel;

    FileSegment(FileChannel channel) {
        this.channel = channel;
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
            int count = channel.read(buffer, at + buffer.position());
            if (count < 0) {
                throw new EOFException("ends before byte " + (at + buffer.limit()));
            }
        }
    }

    @Override
    public void sync() throws IOException {
        channel.force(false);
    }

    @Override
    public void truncate(long size) throws IOException {
        channel.truncate(size);
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
