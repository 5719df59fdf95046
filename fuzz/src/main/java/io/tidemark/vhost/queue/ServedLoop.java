// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.posix.EventFd;
import io.tidemark.fuzz.CheckingImage;
import io.tidemark.fuzz.Finding;
import io.tidemark.fuzz.GuardedGuest;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A real queue loop over guarded memory, that serves one hostile ring after the other. */
final class ServedLoop implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 10;

    /** A ring that is whole is served in less; one that isn't need not be waited for. */
    private static final long SERVED_NANOS = 500_000;

    private final GuardedGuest guest;
    private final CheckingImage image;
    private final QueueLoop loop;
    private final EventFd kick = new EventFd();
    private final EventFd call = new EventFd();
    private final EventFd error = new EventFd();

    ServedLoop(GuardedGuest guest) {
        this.guest = guest;
        this.image = new CheckingImage(guest::holds);
        this.loop = new QueueLoop("fuzz-q0", image, "serial".getBytes());
        loop.memory(guest.table()).join();
    }

    CheckingImage image() {
        return image;
    }

    QueueLoop loop() {
        return loop;
    }

    /**
     * Serves the ring for a moment, and stops it.
     *
     * @param meanwhile happens when the loop has begun with the ring, and before it takes the first request
     */
    void serve(Scene scene, MemorySegment inflight, Runnable meanwhile) {
        loop.enable(false).join();
        if (started(loop.start(scene.vring(kick.fd(), call.fd(), error.fd(), inflight)))) {
            meanwhile.run();
            loop.enable(true).join();
            kick.signal();
            long end = System.nanoTime() + SERVED_NANOS;
            while (loop.isServing() && !scene.isServed(guest) && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        }
        await(loop.stop());
        String reason = loop.brokenBecause();
        Finding.unless(reason == null || !reason.startsWith("a fault of our own"), reason);
    }

    private static boolean started(CompletableFuture<Void> start) {
        try {
            await(start);
            return true;
        } catch (Finding e) {
            if (e.getCause() instanceof IllegalArgumentException refused
                    && refused.getCause() instanceof BrokenRingException) {
                return false;
            }
            throw e;
        }
    }

    static <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | InterruptedException e) {
            throw new Finding("the loop hangs", e);
        } catch (ExecutionException e) {
            throw new Finding("the loop failed: " + e.getCause(), e.getCause());
        }
    }

    @Override
    public void close() {
        loop.stop().join();
        loop.close();
        kick.close();
        call.close();
        error.close();
    }
}
