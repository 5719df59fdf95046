// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.posix.ThreadPriority;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Reads what a history held by a thread of its own, {@code DISK-prior}, which may hang in the store: the protection thread waits for it
 * until somebody wants that thread. A read that was given up is still waited for before the next one begins.
 */
final class PriorReads {
    private final PriorContent content;
    private final LogWait log;
    private final ExecutorService thread;

    /** Written by a read, so nobody else's until that has ended. */
    private final MemorySegment buffer = Arena.ofAuto().allocate(SyncBuffers.SIZE, Granules.SIZE);

    private volatile Read last = new Read(CompletableFuture.completedFuture(null), 0);

    private record Read(CompletableFuture<?> answer, long beginNanos) {}

    PriorReads(String disk, PriorContent content, LogWait log) {
        this.content = content;
        this.log = log;
        this.thread = Executors.newSingleThreadExecutor(
                task -> Thread.ofPlatform().daemon().name(disk + "-prior").unstarted(() -> {
                    ThreadPriority.standBack();
                    task.run();
                }));
    }

    /** What the history holds there, valid until the next read; empty if it isn't known. */
    Optional<MemorySegment> read(long offset, long length) throws InterruptedException {
        boolean known = ask(() -> content.read(offset, buffer.asSlice(0, length)));
        return known ? Optional.of(buffer) : Optional.empty();
    }

    /** As {@link PriorContent#zeroUntil}. */
    long zeroUntil(long offset) throws InterruptedException {
        return ask(() -> content.zeroUntil(offset));
    }

    private <T> T ask(Supplier<T> question) throws InterruptedException {
        log.on(last.answer.handle((answer, failure) -> null));
        CompletableFuture<T> answer = CompletableFuture.supplyAsync(question, thread);
        last = new Read(answer, System.nanoTime());
        return log.on(answer);
    }

    /** How long the store has kept the present read; zero without one. From any thread. */
    Duration waiting() {
        Read now = last;
        return now.answer.isDone() ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - now.beginNanos);
    }

    /** Nothing more is read. Returns at once; what is open is closed when the store answers. May be called again. */
    void release() {
        if (!thread.isShutdown()) {
            thread.execute(content::release);
            thread.shutdown();
        }
    }
}
