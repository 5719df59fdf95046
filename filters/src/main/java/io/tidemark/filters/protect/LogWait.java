// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How the protection thread waits for the log, which takes as long as the store does: until somebody wants the thread. Then
 * the wait ends with an InterruptedException, and what it was for is begun again when the store answers.
 */
final class LogWait {
    private static final long LOOK_MILLIS = 10;

    private final AtomicInteger wanted = new AtomicInteger();
    private final Runnable watch;

    /** @param watch called now and then while the thread waits; what it throws ends the wait */
    LogWait(Runnable watch) {
        this.watch = watch;
    }

    /** Somebody has a command that can't wait. From any thread, before the command is given. */
    void want() {
        wanted.incrementAndGet();
    }

    /** Such a command is being obeyed. */
    void obeyed() {
        wanted.decrementAndGet();
    }

    boolean isWanted() {
        return wanted.get() > 0;
    }

    <T> T on(CompletableFuture<T> answer) throws InterruptedException {
        while (true) {
            try {
                return answer.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                look();
            } catch (ExecutionException e) {
                return Waiting.on(answer); // throws what it was
            }
        }
    }

    MemorySegment buffer(SyncBuffers buffers) throws InterruptedException {
        while (true) {
            MemorySegment buffer = buffers.take(LOOK_MILLIS);
            if (buffer != null) {
                return buffer;
            }
            look();
        }
    }

    void look() throws InterruptedException {
        watch.run();
        if (isWanted()) {
            throw new InterruptedException();
        }
    }
}
