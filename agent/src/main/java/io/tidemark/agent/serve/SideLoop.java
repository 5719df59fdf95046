// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.RingLoop;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The agent's own way through a disk's filters, while no guest uses it: the thread {@code DISK-side}. One request at a time.
 * A filter may hold that one back until somebody tells the loop ({@link RingLoop#execute}), so these are heard while it is on its way.
 *
 * <p>The methods may be called from any thread, and wait.
 */
final class SideLoop implements AutoCloseable {
    private final Image image;
    private final Thread thread;

    /** The thread's; set before anybody else can know of it. */
    private volatile RingLoop loop;

    // The loop's own.
    private final Request request = new Request(0, new IoVector(1));
    /** Requests, and changes of the way: never while a request is on its way. */
    private final Deque<Runnable> jobs = new ArrayDeque<>();

    private BlockDevice bottom;
    private BlockDevice way;
    private boolean pending;
    private int status;
    private boolean ended;

    /** Those who wait for an answer. */
    private final Set<CompletableFuture<Void>> asked = ConcurrentHashMap.newKeySet();

    private volatile Throwable failure;
    private volatile boolean over;

    SideLoop(String name, Image image) {
        this.image = image;
        CompletableFuture<Void> started = new CompletableFuture<>();
        this.thread = Thread.ofPlatform().daemon().name(name).start(() -> run(started));
        await(started);
    }

    private void run(CompletableFuture<Void> started) {
        try {
            loop = new RingLoop(1);
            bottom = image.attach(loop);
            way = bottom;
            started.complete(null);
            while (!ended) {
                Runnable job = jobs.poll();
                if (job != null) {
                    job.run();
                } else {
                    loop.await();
                }
            }
        } catch (RuntimeException | Error e) {
            failure = e;
            started.completeExceptionally(e);
        } finally {
            over = true;
            answerAll();
            if (loop != null) {
                loop.close();
            }
        }
    }

    private CompletableFuture<Void> tell(Runnable task) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        asked.add(done);
        Runnable job = () -> {
            try {
                task.run();
                done.complete(null);
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
            asked.remove(done);
        };
        loop.execute(() -> jobs.add(job));
        if (over) { // after it was asked: either this sees it, or the thread does
            answerAll();
        }
        return done;
    }

    /** Nobody waits for a thread that has ended. */
    private void answerAll() {
        for (CompletableFuture<Void> done : asked) {
            done.completeExceptionally(new IllegalStateException(thread.getName() + " has ended", failure));
            asked.remove(done); // each by itself: another may have come meanwhile, whom its asker answers
        }
    }

    private void ask(Runnable task) {
        await(tell(task));
    }

    private static void await(CompletableFuture<Void> answer) {
        try {
            answer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        }
    }

    /** Puts these filters in place of the former ones. Answered when no request goes through those any more. */
    CompletableFuture<Void> filters(List<Filter> filters) {
        return tell(() -> {
            BlockDevice device = bottom;
            for (Filter filter : filters.reversed()) {
                device = filter.attach(loop, device);
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
            loop.await();
        }
        if (status < 0) {
            throw ImageException.of(image.name(), request.kind(), offset, length, status);
        }
    }

    @Override
    public void close() {
        tell(() -> ended = true);
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
