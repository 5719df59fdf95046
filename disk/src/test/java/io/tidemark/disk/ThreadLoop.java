// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.uring.IoUring;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;

/** A loop that is a thread of its own and has no io_uring: it runs what it is told to execute. */
public final class ThreadLoop implements Loop, AutoCloseable {
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final int requests;
    private final Thread thread;
    private volatile Throwable failure;
    private boolean closed;

    public ThreadLoop(String name, int requests) {
        this.requests = requests;
        this.thread = Thread.ofPlatform().name(name).start(this::run);
    }

    private void run() {
        try {
            while (!closed) {
                tasks.take().run();
            }
        } catch (Throwable thrown) {
            failure = thrown;
        }
    }

    @Override
    public IoUring ring() {
        throw new UnsupportedOperationException("this loop has no io_uring");
    }

    @Override
    public int requests() {
        return requests;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    /** Runs the task on the loop and waits for what it returns. */
    public <T> T call(Supplier<T> task) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        execute(() -> {
            try {
                answer.complete(task.get());
            } catch (Throwable thrown) {
                answer.completeExceptionally(thrown);
            }
        });
        return answer.join();
    }

    /** Ends the loop after all that was posted so far. */
    @Override
    public void close() {
        execute(() -> closed = true);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw new AssertionError("loop " + thread.getName() + " died", failure);
        }
    }
}
