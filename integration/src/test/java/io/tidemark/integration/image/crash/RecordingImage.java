// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.integration.process.LabException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * A file in memory that another image lies in. It records what is done to it and when, and completes its requests in the order that
 * the test chooses. What is on its way may be seen early or late, as on real storage.
 */
final class RecordingImage implements Image {
    /** Of one hundred thousand requests so many fail where some do. */
    private static final int FAILURES = 700;

    private static final int EIO = 5;

    private static final int SMALL = 4096;

    /** No image here needs more. */
    private static final int MOST = 100 << 20;

    /** A flush brings what was complete when it began to stable storage. */
    private record Flush(int begin, int end) {}

    private record Pending(Request request, Loop loop, Thread from, int begin, FileChange change) {}

    private final Ticks ticks;
    private final Random random;
    private final boolean punches;
    private final boolean fails;
    private final byte[] before;
    private final List<FileChange> changes = new ArrayList<>();
    private final List<FileLength> lengths = new ArrayList<>();
    private final List<Flush> flushes = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();
    private byte[] content;
    private int length;
    private String violation = "";

    /**
     * @param before what it holds; the last sector is filled up with zeros
     * @param punches whether discards have an effect
     * @param fails whether some requests fail, in a state that nobody knows
     */
    RecordingImage(Ticks ticks, byte[] before, boolean punches, boolean fails, long seed) {
        this.ticks = ticks;
        this.random = new Random(seed);
        this.punches = punches;
        this.fails = fails;
        this.length = (before.length + FileChange.SECTOR - 1) / FileChange.SECTOR * FileChange.SECTOR;
        this.before = Arrays.copyOf(before, length);
        this.content = this.before.clone();
        lengths.add(new FileLength(length, 0, 0));
    }

    @Override
    public String name() {
        return "recording:";
    }

    @Override
    public synchronized Geometry geometry() {
        return new Geometry(length, FileChange.SECTOR, 4096, false, punches ? 1 << 30 : 0, 1 << 30);
    }

    @Override
    public BlockDevice attach(Loop loop) {
        return request -> submit(request, loop);
    }

    private synchronized void submit(Request request, Loop loop) {
        int begin = ticks.next();
        FileChange change = null;
        if (request.kind() != Request.Kind.READ && request.kind() != Request.Kind.FLUSH) {
            change = change(request, begin);
        }
        pending.add(new Pending(request, loop, Thread.currentThread(), begin, change));
    }

    private FileChange change(Request request, int begin) {
        if (request.end() > length) {
            violate(request + " goes behind the end of the file, at " + length);
            return null;
        }
        if (request.kind() == Request.Kind.DISCARD && !punches) {
            return null;
        }
        byte[] data = request.kind() == Request.Kind.WRITE ? bytes(request) : null;
        FileChange change =
                new FileChange((int) request.offset(), (int) request.length(), data, request.durable(), begin);
        changes.add(change);
        if (!fails && random.nextBoolean()) {
            take(change);
        }
        return change;
    }

    private void violate(String what) {
        if (violation.isEmpty()) {
            violation = what;
        }
    }

    private static byte[] bytes(Request request) {
        byte[] data = new byte[(int) request.length()];
        int at = 0;
        for (int i = 0; i < request.data().count(); i++) {
            int part = (int) request.data().length(i);
            MemorySegment.copy(
                    NativeMemory.ALL, ValueLayout.JAVA_BYTE, request.data().address(i), data, at, part);
            at += part;
        }
        return data;
    }

    private void take(FileChange change) {
        change.effect = ticks.next();
        change.apply(content);
    }

    synchronized int pending() {
        return pending.size();
    }

    /** How much of what is on its way comes from a thread. */
    synchronized int holds(Thread thread) {
        int count = 0;
        for (Pending one : pending) {
            count += one.from == thread ? 1 : 0;
        }
        return count;
    }

    /** Completes one of those on their way, counted from the eldest. */
    void complete(int index) {
        Pending done;
        int status;
        synchronized (this) {
            done = pending.remove(index);
            status = finish(done);
        }
        done.loop.execute(() -> done.request.complete(status));
    }

    private int finish(Pending done) {
        Request request = done.request;
        if (request.kind() != Request.Kind.READ && request.end() > length) {
            return -EIO;
        }
        if (fails && random.nextInt(100_000) < FAILURES) {
            if (done.change != null && random.nextBoolean()) {
                take(done.change);
                done.change.end = ticks.next();
            } else {
                changes.remove(done.change);
            }
            return -EIO;
        }
        switch (request.kind()) {
            case READ -> read(request);
            case FLUSH -> flushes.add(new Flush(done.begin, ticks.next()));
            case DISCARD, WRITE_ZEROES, WRITE -> {
                if (done.change == null) {
                    request.withoutEffect(true);
                } else {
                    if (done.change.effect == Ticks.NEVER) {
                        take(done.change);
                    }
                    done.change.end = ticks.next();
                }
            }
        }
        return 0;
    }

    /** Behind the end are zeros. */
    private void read(Request request) {
        int at = (int) Math.min(request.offset(), length);
        byte[] found = Arrays.copyOf(
                Arrays.copyOfRange(content, at, (int) Math.min(request.end(), length)), (int) request.length());
        int from = 0;
        for (int i = 0; i < request.data().count(); i++) {
            int part = (int) request.data().length(i);
            MemorySegment.copy(
                    found,
                    from,
                    NativeMemory.ALL,
                    ValueLayout.JAVA_BYTE,
                    request.data().address(i),
                    part);
            from += part;
        }
    }

    @Override
    public synchronized void resize(long capacity) {
        if (capacity < length) {
            throw new IllegalArgumentException("a file of " + length + " bytes can't be made " + capacity);
        }
        if (capacity > MOST) {
            throw new LabException("the container should become " + capacity + " bytes long");
        }
        if (fails && random.nextInt(100) == 0) {
            throw new ImageException(ImageException.Code.IO, "the disk is full");
        }
        length = (int) capacity;
        content = length <= content.length ? content : Arrays.copyOf(content, Math.max(length, 2 * content.length));
        lengths.add(new FileLength(length, ticks.next(), Ticks.NEVER));
    }

    /** When nothing more comes: from when on each change was firm. */
    synchronized void end() {
        for (FileChange change : changes) {
            change.firm = change.durable ? change.end : firm(change.end);
        }
        changes.sort((one, other) -> Integer.compare(one.effect, other.effect));
        lengths.replaceAll(one -> one.firm() == 0 ? one : new FileLength(one.length(), one.at(), firm(one.at())));
    }

    private int firm(int end) {
        return flushes.stream()
                .filter(flush -> flush.begin > end)
                .mapToInt(Flush::end)
                .min()
                .orElse(Ticks.NEVER);
    }

    /**
     * A change of something small. Of all places where there was one each has the same chance, and those in front a better one: so the header,
     * which is changed once or never, and tables have as much of it as what is written again and again.
     */
    Optional<FileChange> rareChange(Random dice) {
        Map<Integer, List<FileChange>> byPlace = new TreeMap<>();
        for (FileChange change : changes) {
            if (change.length <= SMALL) {
                byPlace.computeIfAbsent(change.offset, none -> new ArrayList<>())
                        .add(change);
            }
        }
        if (byPlace.isEmpty()) {
            return Optional.empty();
        }
        List<List<FileChange>> places = List.copyOf(byPlace.values());
        List<FileChange> there = places.get(dice.nextInt(1 + dice.nextInt(places.size())));
        return Optional.of(there.get(dice.nextInt(there.size())));
    }

    /** In the order in which they took effect. */
    List<FileChange> changes() {
        return changes;
    }

    List<FileLength> lengths() {
        return lengths;
    }

    byte[] before() {
        return before;
    }

    synchronized byte[] now() {
        return Arrays.copyOf(content, length);
    }

    /** What was done that no file allows; empty if nothing was. */
    synchronized String violation() {
        return violation;
    }

    @Override
    public Extent extentAt(long offset) {
        return new Extent(offset, geometry().capacity() - offset, Extent.Sort.DATA);
    }

    @Override
    public void unlock() {}

    @Override
    public void lock() {}

    @Override
    public void close() {}
}
