// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A thread for what loops can't wait for, with means of its own.
 *
 * @param <M> what it works with; made, used and closed by this thread only
 */
final class Worker<M extends Means> implements AutoCloseable {
    private final BlockingQueue<Consumer<M>> jobs = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final Consumer<M> end = _ -> {};
    private final Thread thread;

    /** Begins. @throws RuntimeException what making the means has thrown */
    Worker(String name, Supplier<M> means) {
        thread = Thread.ofPlatform().daemon().name(name).start(() -> run(means));
        join(ready);
    }

    /** Does the job soon, behind all that were given before. It must not throw. */
    void give(Consumer<M> job) {
        jobs.add(job);
    }

    /** Does the job, and waits for that. @throws RuntimeException what the job has thrown */
    <T> T call(Function<M, T> job) {
        CompletableFuture<T> result = new CompletableFuture<>();
        give(means -> {
            try {
                result.complete(job.apply(means));
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return join(result);
    }

    private static <T> T join(CompletableFuture<T> result) {
        try {
            return result.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        }
    }

    private void run(Supplier<M> means) {
        try (M own = means.get()) {
            ready.complete(null);
            for (Consumer<M> job = next(own); job != end; job = next(own)) {
                job.accept(own);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!ready.completeExceptionally(e)) {
                throw e; // by a job, which must not
            }
        }
    }

    private Consumer<M> next(M own) throws InterruptedException {
        Consumer<M> job = jobs.poll();
        while (job == null) {
            long patience = own.rest();
            job = patience == Means.FOREVER ? jobs.take() : jobs.poll(patience, TimeUnit.MILLISECONDS);
        }
        return job;
    }

    /** When all jobs are done. No other may come. */
    @Override
    public void close() {
        jobs.add(end);
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
