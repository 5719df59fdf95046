// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that do for the loops of an overlay what takes its time: {@code DISK-past-N} reads what shows of the origin, and
 * flushes. A request belongs to them until its loop is told to complete it.
 */
final class OverlayWork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OverlayWork.class);

    /** Stretches of an origin are read with this much memory for each thread; larger requests in parts. In bytes. */
    private static final int BUFFER = 1 << 20;

    /** What one thread reads with: what can't be opened fails a request, which tries again, and no more. */
    private final class Means implements AutoCloseable {
        private final MemorySegment buffer = NativeMemory.anonymous(BUFFER);
        private Origin.Reader reader;
        private ImageIo io;

        Origin.Reader origin() {
            if (reader == null) {
                reader = origin.open();
            }
            return reader;
        }

        ImageIo overlay() {
            if (io == null) {
                io = new ImageIo(overlay);
            }
            return io;
        }

        @Override
        public void close() {
            if (io != null) {
                io.close();
            }
            if (reader != null) {
                reader.close();
            }
            NativeMemory.unmap(buffer);
        }
    }

    private interface Job {
        void run(Means means);
    }

    private static final Job END = _ -> {};

    private final String disk;
    private final Origin origin;
    private final Image overlay;
    private final OverlayBits bits;
    private final BlockingQueue<Job> jobs = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile String said = "";

    OverlayWork(String disk, Origin origin, Image overlay, OverlayBits bits, int count) {
        this.disk = disk;
        this.origin = origin;
        this.overlay = overlay;
        this.bits = bits;
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().daemon().name(disk + "-past-" + i).start(this::run));
        }
    }

    private void run() {
        try (Means means = new Means()) {
            openAhead(means);
            for (Job job = jobs.take(); job != END; job = jobs.take()) {
                job.run(means);
            }
            jobs.add(END); // for the next thread
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** No request has to wait for that, if it can be had now. */
    private void openAhead(Means means) {
        try {
            means.origin();
        } catch (RuntimeException | Error e) {
            say(e);
        }
    }

    /** Reads a range of which something shows of the origin. */
    void read(Loop loop, Request request) {
        jobs.add(means -> answer(loop, request, () -> read(means, request)));
    }

    /** Makes all that has completed last. */
    void flush(Loop loop, Request request) {
        jobs.add(means ->
                answer(loop, request, () -> bits.flush(() -> means.overlay().flush())));
    }

    private interface Step {
        void run() throws Exception;
    }

    private void answer(Loop loop, Request request, Step step) {
        int status = 0;
        try {
            step.run();
        } catch (MemoryGone _) {
            status = -Errno.EFAULT;
        } catch (Exception | Error e) { // a guest waits for the answer
            say(e);
            status = -Errno.EIO;
        }
        int result = status;
        loop.execute(() -> request.complete(result));
    }

    /** The guest's memory has vanished. */
    private static final class MemoryGone extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private void read(Means means, Request request) {
        long length = request.length();
        if (length <= BUFFER) {
            read(means, request.offset(), means.buffer.asSlice(0, length));
            copyOut(request, means.buffer);
            return;
        }
        MemorySegment large = NativeMemory.anonymous(length);
        try {
            for (long done = 0; done < length; done += BUFFER) {
                read(means, request.offset() + done, large.asSlice(done, Math.min(BUFFER, length - done)));
            }
            copyOut(request, large);
        } finally {
            NativeMemory.unmap(large);
        }
    }

    private static void copyOut(Request request, MemorySegment from) {
        if (!request.data().copyFrom(from.address())) {
            throw new MemoryGone();
        }
    }

    /** Sectors that come to the overlay meanwhile may be read from either: who wrote them wasn't told yet that they are there. */
    private void read(Means means, long offset, MemorySegment into) {
        SectorMap map = bits.map();
        long end = offset + into.byteSize();
        for (long at = offset; at < end; ) {
            long clear = map.nextClear(at, end);
            if (clear > at) {
                means.overlay().read(at, into.asSlice(at - offset, clear - at));
            }
            at = map.nextSet(clear, end);
            if (at > clear) {
                means.origin().read(clear, into.asSlice(clear - offset, at - clear));
            }
        }
    }

    /** Once for each reason. */
    private void say(Throwable e) {
        String reason = String.valueOf(e.getMessage());
        if (!reason.equals(said)) {
            said = reason;
            LOG.error("disk {}: {}: a read or flush failed: {}", disk, origin.name(), reason);
        }
    }

    /** No request may be on its way. */
    @Override
    public void close() {
        jobs.add(END);
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
