// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * A volume in memory, which can fail like a real one: lose or tear what was not synced, run out of space, break, hang, and
 * fail now and then, before or after it has done something, or in the middle.
 */
public final class MemoryVolume implements StoreVolume {
    private final TreeMap<String, Bytes> segments = new TreeMap<>();
    private long space = Long.MAX_VALUE;
    private boolean broken;
    private boolean frozen;
    private Random whims;
    private int whimsical;

    /** Bytes that may still be appended. */
    public synchronized void limitSpace(long bytes) {
        space = bytes;
    }

    /** From now on every operation that writes fails. */
    public synchronized void breakDown() {
        broken = true;
    }

    public synchronized void repair() {
        broken = false;
        whimsical = 0;
    }

    /** From now on operations that write don't come back, until {@link #thaw}. */
    public synchronized void freeze() {
        frozen = true;
    }

    public synchronized void thaw() {
        frozen = false;
        notifyAll();
    }

    /** From now on so many in a thousand operations that write fail. */
    public synchronized void fail(Random random, int perMille) {
        whims = random;
        whimsical = perMille;
    }

    /** A copy of what there is, as a killed process leaves it. */
    public synchronized MemoryVolume copy() {
        var copy = new MemoryVolume();
        segments.forEach((name, bytes) -> copy.replace(name, Arrays.copyOf(bytes.content, bytes.size)));
        return copy;
    }

    /** A copy as a power cut could leave it: what was not synced is cut somewhere, and holes of zeros are torn into it. */
    public synchronized MemoryVolume crashed(Random random) {
        var copy = new MemoryVolume();
        segments.forEach((name, bytes) -> {
            int lost = bytes.size - bytes.synced;
            int size = bytes.synced + (lost == 0 ? 0 : random.nextInt(lost + 1));
            var left = new Bytes();
            left.content = Arrays.copyOf(bytes.content, Math.max(size, 1));
            left.size = size;
            left.synced = size;
            for (int at = bytes.synced; at < size; at += 512) {
                if (random.nextInt(4) == 0) {
                    Arrays.fill(left.content, at, Math.min(at + 512, size), (byte) 0);
                }
            }
            copy.segments.put(name, left);
        });
        return copy;
    }

    /** A copy as the next process finds it when this one was killed: nothing that was written is lost. */
    public synchronized MemoryVolume killed() {
        var copy = new MemoryVolume();
        segments.forEach((name, bytes) -> copy.replace(name, Arrays.copyOf(bytes.content, bytes.size)));
        return copy;
    }

    /** The content of a segment, for tests that damage it. */
    public synchronized byte[] content(String name) {
        var bytes = segments.get(name);
        return Arrays.copyOf(bytes.content, bytes.size);
    }

    public synchronized void replace(String name, byte[] content) {
        var bytes = new Bytes();
        bytes.content = content.clone();
        bytes.size = content.length;
        bytes.synced = content.length;
        segments.put(name, bytes);
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public synchronized List<String> list() {
        return List.copyOf(segments.keySet());
    }

    @Override
    public synchronized Segment create(String name) throws IOException {
        check();
        if (segments.containsKey(name)) {
            throw new FileAlreadyExistsException(name);
        }
        segments.put(name, new Bytes());
        return open(name);
    }

    @Override
    public synchronized Segment open(String name) throws IOException {
        var bytes = segments.get(name);
        if (bytes == null) {
            throw new NoSuchFileException(name);
        }
        return new View(bytes);
    }

    @Override
    public Segment reopen(String name) throws IOException {
        return open(name);
    }

    @Override
    public void dropCache(String name) {}

    @Override
    public synchronized void delete(String name) throws IOException {
        check();
        if (segments.remove(name) == null) {
            throw new NoSuchFileException(name);
        }
    }

    @Override
    public void close() {}

    private void check() throws IOException {
        while (frozen) {
            try {
                wait();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted");
            }
        }
        if (broken) {
            throw new IOException("the volume is gone");
        }
    }

    private void whim() throws IOException {
        if (whimsical > 0 && whims.nextInt(1000) < whimsical) {
            throw new IOException("the volume fails now and then");
        }
    }

    private static final class Bytes {
        private byte[] content = new byte[64];
        private int size;
        private int synced;
    }

    private final class View implements Segment {
        private final Bytes bytes;

        View(Bytes bytes) {
            this.bytes = bytes;
        }

        @Override
        public long size() {
            synchronized (MemoryVolume.this) {
                return bytes.size;
            }
        }

        @Override
        public void append(MemorySegment from) throws IOException {
            synchronized (MemoryVolume.this) {
                check();
                whim();
                int length = (int) Math.min(from.byteSize(), space);
                if (whimsical > 0 && whims.nextInt(1000) < whimsical) {
                    length = whims.nextInt(length + 1);
                }
                while (bytes.content.length < bytes.size + length) {
                    bytes.content = Arrays.copyOf(bytes.content, 2 * bytes.content.length);
                }
                MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, bytes.content, bytes.size, length);
                bytes.size += length;
                space -= length;
                if (length < from.byteSize()) {
                    throw new IOException("No space left on device");
                }
            }
        }

        @Override
        public void read(long at, MemorySegment into) throws IOException {
            synchronized (MemoryVolume.this) {
                if (at + into.byteSize() > bytes.size) {
                    throw new EOFException("ends at " + bytes.size);
                }
                MemorySegment.copy(bytes.content, (int) at, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (MemoryVolume.this) {
                check();
                whim();
                bytes.synced = bytes.size;
                whim();
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            synchronized (MemoryVolume.this) {
                check();
                bytes.size = (int) Math.min(size, bytes.size);
                bytes.synced = Math.min(bytes.size, bytes.synced);
            }
        }

        @Override
        public void close() {}
    }
}
