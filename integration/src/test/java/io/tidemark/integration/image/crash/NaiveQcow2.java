// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

/**
 * Writes to an image in the plainest way: one request after the other, a sync behind each step; or with one mistake, as one could make
 * it. For images of version 3 without anything special, whose L1 table and refcount blocks are large enough.
 */
final class NaiveQcow2 implements Image {
    /** What is done wrong. */
    enum Mistake {
        NONE,
        /** The entry may be there, and its cluster's refcount not. */
        NO_SYNC_BEFORE_ENTRY,
        ENTRY_BEFORE_REFCOUNT,
        /** In clusters that held something else before; in those that held zeros it would be none. */
        ENTRY_BEFORE_DATA,
        /** A cluster's other sectors show what its place held before. */
        STALE_CLUSTER,
        /** The request is complete before the entry is written. */
        ACKNOWLEDGED_BEFORE_ENTRY,
        /** Flushes do nothing. */
        NO_FLUSH,
        /** Data behind the end of the file, whose length may be lost. */
        NO_SYNC_OF_LENGTH
    }

    private static final int REFCOUNT_BYTES = 2;
    private static final long COPIED = 1L << 63;
    private static final MemorySegment MEMORY = NativeMemory.ALL;

    /** One operation on the container; none means a sync. */
    private record Step(long offset, byte[] data) {}

    private final RecordingImage container;
    private final Mistake mistake;
    private final byte[] file;
    private final PlainQcow2 image;
    private final int cluster;
    private final Queue<Request> waiting = new ArrayDeque<>();
    private final Queue<Step> steps = new ArrayDeque<>();
    private final Request step = new Request(0, new IoVector(1));
    private final MemorySegment buffer = Arena.ofAuto().allocate(1 << 20, 4096);
    private final long end;
    private long next;
    private Request current;
    private boolean working;
    private BlockDevice device;

    NaiveQcow2(RecordingImage container, Mistake mistake) {
        this.container = container;
        this.mistake = mistake;
        this.image = new PlainQcow2(container.now());
        this.cluster = image.cluster();
        this.next = (container.geometry().capacity() + cluster - 1) / cluster * cluster;
        this.end = next + 4L * image.size();
        this.file = Arrays.copyOf(container.now(), (int) end);
        if (mistake == Mistake.STALE_CLUSTER || mistake == Mistake.ENTRY_BEFORE_DATA) {
            // Somebody has used, and freed, what lies there.
            container.resize(end);
            ByteBuffer stale = ByteBuffer.wrap(file, (int) next, (int) (end - next));
            while (stale.hasRemaining()) {
                stale.putLong(0x57a1e57a1eL);
            }
            steps.add(new Step(next, Arrays.copyOfRange(file, (int) next, (int) end)));
        } else if (mistake != Mistake.NO_SYNC_OF_LENGTH) {
            container.resize(end);
        }
        if (mistake != Mistake.NO_SYNC_OF_LENGTH) {
            steps.add(new Step(0, null));
        }
    }

    @Override
    public BlockDevice attach(Loop loop) {
        if (device == null) {
            device = container.attach(loop);
            run();
        }
        return this::submit;
    }

    private void submit(Request request) {
        waiting.add(request);
        if (!working) {
            run();
        }
    }

    /** What is planned, then the next request. */
    private void run() {
        Step next = steps.poll();
        working = next != null;
        if (working) {
            step.begin(next.data == null ? Request.Kind.FLUSH : Request.Kind.WRITE, next.offset, length(next));
            if (next.data != null) {
                MemorySegment room = next.data.length <= buffer.byteSize()
                        ? buffer
                        : Arena.ofAuto().allocate(next.data.length, 4096);
                MemorySegment.copy(next.data, 0, room, ValueLayout.JAVA_BYTE, 0, next.data.length);
                step.data().add(room.address(), next.data.length);
            }
            step.onCompletion((done, status) -> run());
            device.submit(step);
            return;
        }
        if (current != null) {
            acknowledge();
        }
        if (current == null && !waiting.isEmpty()) {
            current = waiting.remove();
            plan();
            if (steps.isEmpty()) {
                acknowledge();
            }
            run();
        }
    }

    private static long length(Step step) {
        return step.data == null ? 0 : step.data.length;
    }

    private void acknowledge() {
        Request done = current;
        current = null;
        done.complete(0);
    }

    private void plan() {
        if (current.kind() == Request.Kind.FLUSH) {
            if (mistake != Mistake.NO_FLUSH) {
                sync();
            }
            return;
        }
        byte[] data = new byte[(int) current.length()];
        MemorySegment.copy(MEMORY, ValueLayout.JAVA_BYTE, current.data().address(0), data, 0, data.length);
        for (int at = 0; at < data.length; ) {
            long offset = current.offset() + at;
            int part = (int) Math.min(data.length - at, cluster - offset % cluster);
            write(offset, Arrays.copyOfRange(data, at, at + part));
            at += part;
        }
        if (current.durable()) {
            sync();
        }
        if (mistake == Mistake.ACKNOWLEDGED_BEFORE_ENTRY) {
            acknowledge();
        }
    }

    private void write(long offset, byte[] data) {
        long table = table(offset);
        long entryAt = table + offset / cluster % (cluster / 8) * 8;
        long entry = word(entryAt);
        if (entry != 0) {
            put((entry & ~COPIED) + offset % cluster, data);
            return;
        }
        long place = next;
        next += cluster;
        container.resize(Math.max(next, container.geometry().capacity()));
        switch (mistake) {
            case ENTRY_BEFORE_REFCOUNT -> {
                put(place + offset % cluster, data);
                sync();
                putWord(entryAt, place | COPIED);
                refcount(place);
            }
            case ENTRY_BEFORE_DATA -> {
                refcount(place);
                sync();
                putWord(entryAt, place | COPIED);
                byte[] whole = new byte[cluster];
                System.arraycopy(data, 0, whole, (int) (offset % cluster), data.length);
                put(place, whole);
            }
            case NO_SYNC_BEFORE_ENTRY, NO_SYNC_OF_LENGTH -> {
                refcount(place);
                put(place + offset % cluster, data);
                putWord(entryAt, place | COPIED);
            }
            default -> {
                put(place + offset % cluster, data);
                refcount(place);
                sync();
                putWord(entryAt, place | COPIED);
            }
        }
    }

    private long table(long offset) {
        long at = image.l1At() + offset / cluster / (cluster / 8) * 8;
        long entry = word(at);
        if (entry != 0) {
            return entry & ~COPIED;
        }
        long place = next;
        next += cluster;
        container.resize(Math.max(next, container.geometry().capacity()));
        put(place, new byte[cluster]);
        refcount(place);
        sync();
        putWord(at, place | COPIED);
        return place;
    }

    private void refcount(long place) {
        long block = word(ByteBuffer.wrap(file).getLong(48));
        long at = block + place / cluster * REFCOUNT_BYTES;
        file[(int) at + 1] = 1;
        putSector(at);
    }

    private void putWord(long at, long value) {
        ByteBuffer.wrap(file).putLong((int) at, value);
        putSector(at);
    }

    private void putSector(long at) {
        int from = (int) at / 512 * 512;
        steps.add(new Step(from, Arrays.copyOfRange(file, from, from + 512)));
    }

    private void put(long at, byte[] data) {
        System.arraycopy(data, 0, file, (int) at, data.length);
        steps.add(new Step(at, data));
    }

    private void sync() {
        steps.add(new Step(0, null));
    }

    private long word(long at) {
        return ByteBuffer.wrap(file).getLong((int) at);
    }

    @Override
    public String name() {
        return "naive:";
    }

    @Override
    public Geometry geometry() {
        return new Geometry(image.size(), 512, 4096, false, 0, 0);
    }

    @Override
    public Extent extentAt(long offset) {
        return new Extent(offset, image.size() - offset, Extent.Sort.DATA);
    }

    @Override
    public void resize(long capacity) {
        throw new UnsupportedOperationException("it keeps its size");
    }

    @Override
    public void unlock() {}

    @Override
    public void lock() {}

    @Override
    public void close() {}
}
