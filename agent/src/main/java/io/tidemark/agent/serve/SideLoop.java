// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.uring.IoUring;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The agent's own way through a disk's filters, while no guest uses it: the thread {@code DISK-side}. One request at a time.
 *
 * <p>The methods may be called from any thread, and wait.
 */
final class SideLoop implements Loop, AutoCloseable {
    private final Image image;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Thread thread;

    // The loop's own.
    private final Request request = new Request(0, new IoVector(1));
    private IoUring ring;
    private BlockDevice bottom;
    private BlockDevice way;
    private boolean pending;
    private int status;
    private boolean ended;

    SideLoop(String name, Image image) {
        this.image = image;
        this.thread = Thread.ofPlatform().daemon().name(name).start(this::run);
        ask(() -> {
            ring = new IoUring(8, 8);
            bottom = image.attach(this);
            way = bottom;
        });
    }

    private void run() {
        while (!ended) {
            try {
                tasks.take().run();
            } catch (InterruptedException e) {
                ended = true;
            }
        }
        if (ring != null) {
            ring.close();
        }
    }

    private CompletableFuture<Void> tell(Runnable task) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        tasks.add(() -> {
            try {
                task.run();
                done.complete(null);
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private void ask(Runnable task) {
        try {
            tell(task).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        }
    }

    /** Puts these filters in place of the former ones. Answered when no request goes through those any more. */
    CompletableFuture<Void> filters(List<Filter> filters) {
        return tell(() -> {
            BlockDevice device = bottom;
            for (Filter filter : filters.reversed()) {
                device = filter.attach(this, device);
            }
            way = device;
        });
    }

    void read(long offset, MemorySegment into) {
        transfer(Request.Kind.READ, offset, into);
    }

    void write(long offset, MemorySegment from) {
        transfer(Request.Kind.WRITE, offset, from);
    }

    private void transfer(Request.Kind kind, long offset, MemorySegment memory) {
        ask(() -> {
            request.begin(kind, offset, memory.byteSize());
            request.data().add(memory.address(), memory.byteSize());
            carryOut();
        });
    }

    void zero(long offset, long length) {
        ask(() -> {
            request.begin(Request.Kind.WRITE_ZEROES, offset, length);
            request.mayUnmap(true);
            carryOut();
        });
    }

    void flush() {
        ask(() -> {
            request.begin(Request.Kind.FLUSH, 0, 0);
            carryOut();
        });
    }

    private void carryOut() {
        long offset = request.offset();
        long length = request.length();
        pending = true;
        request.onCompletion((_, result) -> {
            status = result;
            pending = false;
        });
        way.submit(request);
        while (pending) {
            ring.enter(1);
            ring.reap();
        }
        if (status < 0) {
            throw new ImageException(
                    ImageException.Code.IO,
                    "image " + image.name() + ": "
                            + request.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ') + " of " + length
                            + " bytes at " + offset + " failed: " + Libc.describe(-status));
        }
    }

    @Override
    public IoUring ring() {
        return ring;
    }

    @Override
    public int requests() {
        return 1;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void close() {
        tasks.add(() -> ended = true);
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
