// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.Loop;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.disk.uring.IoUring;
import io.tidemark.filters.range.RangeLock;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies what shows of the origin into the overlay, while a guest works on it, until nothing shows any more: the thread
 * {@code DISK-fill}. A change of the guest and a copy to the same place wait for each other in the range lock, so what the
 * guest wrote stays.
 */
final class OverlayFill implements Loop, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OverlayFill.class);
    private static final int STRETCH = 1 << 20;
    /** Of holes, which cost nothing but bits, while the guest's changes there wait. */
    private static final long HOLE_STRETCH = 1L << 30;

    private final String disk;
    private final Origin origin;
    private final Image overlay;
    private final OverlayBits bits;
    private final RangeLock.Lane lane;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Thread thread;
    private boolean granted;
    private volatile boolean ending;
    private volatile long filled;

    OverlayFill(String disk, Origin origin, Image overlay, OverlayBits bits, RangeLock ranges) {
        this.disk = disk;
        this.origin = origin;
        this.overlay = overlay;
        this.bits = bits;
        this.lane = ranges.lane(this, _ -> granted = true);
        this.thread = Thread.ofPlatform().daemon().name(disk + "-fill").start(this::run);
    }

    private void run() {
        MemorySegment buffer = NativeMemory.anonymous(STRETCH);
        try (Origin.Reader reader = origin.open();
                ImageIo io = new ImageIo(overlay)) {
            boolean zeros = isEmpty();
            long capacity = origin.capacity();
            while (filled < capacity && !ending) {
                filled = stretch(reader, io, buffer, filled, zeros);
            }
            if (!ending) {
                bits.flush(io::flush);
                bits.discard();
                LOG.info("disk {}: {} holds all of it now", disk, overlay.name());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            LOG.error(
                    "disk {}: {} can't be completed: {}; the disk is served on, attach it again to go on",
                    disk,
                    overlay.name(),
                    e.getMessage());
        } finally {
            NativeMemory.unmap(buffer);
        }
    }

    /** Whether the overlay reads as zeros wherever nothing was written: then zeros of the origin needn't be written. */
    private boolean isEmpty() {
        Extent first = overlay.extentAt(0);
        return first.sort() == Extent.Sort.HOLE && first.length() == origin.capacity();
    }

    /** @return where the next one begins */
    private long stretch(Origin.Reader reader, ImageIo io, MemorySegment buffer, long at, boolean fresh)
            throws InterruptedException {
        SectorMap map = bits.map();
        long capacity = origin.capacity();
        long from = map.nextClear(at, capacity);
        if (from == capacity) {
            return from;
        }
        Extent extent = reader.extentAt(from);
        boolean hole = !extent.isData() && fresh;
        long to = Math.min(extent.end(), from + (hole ? HOLE_STRETCH : STRETCH));
        claim(from, to - from);
        try {
            for (long piece = from; piece < to; ) {
                long end = map.nextSet(piece, to);
                if (!hole) {
                    if (extent.isData()) {
                        MemorySegment content = buffer.asSlice(0, end - piece);
                        reader.read(piece, content);
                        io.write(piece, content);
                    } else {
                        io.zero(piece, end - piece);
                    }
                }
                map.set(piece, end - piece);
                piece = map.nextClear(end, to);
            }
        } finally {
            lane.release(0);
        }
        return to;
    }

    private void claim(long offset, long length) throws InterruptedException {
        granted = lane.acquire(0, offset, length);
        while (!granted) {
            tasks.take().run();
        }
    }

    /** How much of the disk, in bytes from its beginning, doesn't show the origin any more. */
    long filled() {
        return filled;
    }

    @Override
    public IoUring ring() {
        throw new UnsupportedOperationException("the fill's requests run in loops of their own");
    }

    @Override
    public int requests() {
        return 1;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    /** Ends between two stretches; the loops serve until then. */
    @Override
    public void close() {
        ending = true;
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
