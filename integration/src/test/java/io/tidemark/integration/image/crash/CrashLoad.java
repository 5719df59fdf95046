// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.integration.process.LabException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A guest on two loops that reads, writes, zeroes, discards and flushes, many at once, while its disk grows now and then. */
final class CrashLoad implements AutoCloseable {
    private static final int LOOPS = 2;
    private static final int MOST_DEPTH = 8;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);
    private static final int SECTOR = GuestDisk.SECTOR;
    private static final int MOST_SECTORS = 400;
    private static final int LARGEST_DISK = 8 << 20;

    private final Random random;
    private final Ticks ticks;
    private final GuestDisk guest;
    private final boolean fails;
    private final boolean onlyWrites;
    private final int depth;
    private final int most;
    private final SteppedLoop[] loops = new SteppedLoop[LOOPS];
    private final BlockDevice[] devices = new BlockDevice[LOOPS];
    private final List<Slot> idle = new ArrayList<>();
    private final List<Slot> busy = new ArrayList<>();
    private final MemorySegment memory;
    private Image image;
    private long size;
    private long hot;
    private CompletableFuture<Void> resizing;

    /** A request of a loop, with memory of its own. */
    private final class Slot {
        final int loop;
        final Request request;
        final MemorySegment buffer;
        GuestDisk.Change change;
        int begin;

        Slot(int loop, int id, MemorySegment buffer) {
            this.loop = loop;
            this.request = new Request(id, new IoVector(4));
            this.buffer = buffer;
        }
    }

    /**
     * @param fails whether requests may end with an error
     * @param onlyWrites nothing but writes and flushes, one at a time
     */
    CrashLoad(Random random, Ticks ticks, GuestDisk guest, boolean fails, boolean onlyWrites) {
        this.random = random;
        this.ticks = ticks;
        this.guest = guest;
        this.fails = fails;
        this.onlyWrites = onlyWrites;
        this.depth = onlyWrites ? 1 : 1 + random.nextInt(MOST_DEPTH);
        this.most = random.nextInt(3) == 0 ? MOST_SECTORS : 24;
        this.size = guest.size();
        this.memory = Arena.ofAuto().allocate((long) LOOPS * depth * (MOST_SECTORS + 8) * SECTOR, NativeMemory.PAGE);
        for (int loop = 0; loop < LOOPS; loop++) {
            loops[loop] = new SteppedLoop(depth);
        }
    }

    SteppedLoop[] loops() {
        return loops;
    }

    void attach(Image to) {
        image = to;
        long room = (long) (MOST_SECTORS + 8) * SECTOR;
        for (int i = 0; i < LOOPS * depth; i++) {
            idle.add(new Slot(i % LOOPS, i / LOOPS, memory.asSlice(i * room, room)));
        }
        for (int loop = 0; loop < LOOPS; loop++) {
            devices[loop] = to.attach(loops[loop]);
        }
    }

    /** Sends so many requests, and waits until all are complete. */
    void run(Steps steps, int requests) {
        int sent = 0;
        long since = System.nanoTime();
        while (sent < requests || !busy.isEmpty() || resizing != null) {
            endResize();
            if (sent < requests && !idle.isEmpty() && random.nextInt(3) == 0) {
                sent++;
                send(steps, idle.remove(random.nextInt(idle.size())));
            } else if (!steps.step()) {
                awaitSomething(since);
                continue;
            }
            since = System.nanoTime();
        }
    }

    /** Something that only time brings: there is no step to be done. */
    private void awaitSomething(long since) {
        LockSupport.parkNanos(100_000);
        if (System.nanoTime() - since > PATIENCE) {
            throw new LabException("stuck: " + busy.size() + " requests are never answered, "
                    + busy.stream().map(slot -> slot.request.toString()).toList());
        }
    }

    private void send(Steps steps, Slot slot) {
        if (random.nextInt(20) == 0) {
            hot = random.nextLong(size / SECTOR);
        }
        int dice = random.nextInt(onlyWrites ? 60 : 100);
        if (dice >= 99) {
            idle.add(slot);
            resize(steps);
            return;
        }
        Request.Kind kind = dice < 8
                ? Request.Kind.FLUSH
                : dice < 60
                        ? Request.Kind.WRITE
                        : dice < 75 ? Request.Kind.READ : dice < 88 ? Request.Kind.WRITE_ZEROES : Request.Kind.DISCARD;
        busy.add(slot);
        Request request = slot.request;
        if (kind == Request.Kind.FLUSH) {
            request.begin(kind, 0, 0);
            slot.begin = ticks.next();
        } else {
            range(slot, kind);
        }
        request.onCompletion((done, status) -> ended(slot, status));
        devices[slot.loop].submit(request);
    }

    private void range(Slot slot, Request.Kind kind) {
        Request request = slot.request;
        long sectors = size / SECTOR;
        long first =
                random.nextInt(4) == 0 ? random.nextLong(sectors) : Math.min(sectors - 1, hot + random.nextInt(40));
        boolean long_ = kind == Request.Kind.DISCARD || kind == Request.Kind.WRITE_ZEROES;
        long length = Math.min(sectors - first, 1 + random.nextInt(long_ ? MOST_SECTORS : most));
        if (random.nextInt(3) == 0) {
            // Whole clusters, of most sizes.
            first = first / 8 * 8;
            length = Math.min(sectors - first, (length + 7) / 8 * 8);
        }
        request.begin(kind, first * SECTOR, length * SECTOR);
        slot.begin = ticks.next();
        if (request.changesContent()) {
            request.mayUnmap(kind == Request.Kind.WRITE_ZEROES && random.nextBoolean());
            request.durable(random.nextInt(16) == 0);
            slot.change = guest.begin(kind, request.offset(), request.length());
        }
        if (!long_) {
            long at = random.nextInt(8) * SECTOR;
            if (kind == Request.Kind.WRITE) {
                for (long sector = 0; sector < length; sector++) {
                    GuestDisk.stamp(
                            slot.buffer.asSlice(at + sector * SECTOR, SECTOR).asByteBuffer(),
                            first + sector,
                            slot.change.id);
                }
            }
            request.data().add(slot.buffer.address() + at, request.length());
        }
    }

    private void ended(Slot slot, int status) {
        Request request = slot.request;
        if (status != 0 && !fails) {
            throw new LabException(request + " ended with " + status);
        }
        busy.remove(slot);
        idle.add(slot);
        switch (request.kind()) {
            case READ -> {
                if (status == 0) {
                    checkRead(slot);
                }
            }
            case FLUSH -> {
                if (status == 0) {
                    guest.flushed(slot.begin);
                }
            }
            case WRITE, DISCARD, WRITE_ZEROES ->
                guest.end(slot.change, status != 0, request.withoutEffect(), request.durable());
        }
    }

    private void checkRead(Slot slot) {
        byte[] found = new byte[(int) slot.request.length()];
        MemorySegment.copy(
                NativeMemory.ALL, ValueLayout.JAVA_BYTE, slot.request.data().address(0), found, 0, found.length);
        String wrong = guest.checkRead(slot.request.offset(), found, slot.begin);
        if (!wrong.isEmpty()) {
            throw new LabException(wrong);
        }
    }

    private void resize(Steps steps) {
        if (resizing != null || size >= LARGEST_DISK) {
            return;
        }
        long wanted = size + SECTOR * (1 + random.nextLong(size / SECTOR));
        guest.beginResize(wanted);
        resizing = steps.start(() -> {
            image.resize(wanted);
            return null;
        });
    }

    private void endResize() {
        if (resizing != null && resizing.isDone()) {
            try {
                Steps.join(resizing);
                size = guest.size();
                guest.endResize(false);
            } catch (ImageException e) {
                if (!fails && !e.getMessage().contains("would show more of its backing file")) {
                    throw e;
                }
                guest.endResize(true);
            }
            resizing = null;
        }
    }

    @Override
    public void close() {
        for (SteppedLoop loop : loops) {
            loop.close();
        }
    }
}
