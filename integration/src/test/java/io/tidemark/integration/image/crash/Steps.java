// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.integration.process.LabException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Lets loops and container go on one step at a time, in an order that the seed decides, and waits between two steps until the image's own
 * threads stand still. So a run can be done again.
 */
final class Steps {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    /** A thread that was found waiting for so long waits for something that only a step can bring. */
    private static final long STILL = TimeUnit.MILLISECONDS.toNanos(3);

    /** One that has sent something to the container, and nothing more for so long, waits for that. */
    private static final long BURST = TimeUnit.MICROSECONDS.toNanos(20);

    private final Random random;
    private final RecordingImage container;
    private final SteppedLoop[] loops;
    private List<Subject.Helper> helpers = List.of();
    private Thread asking;

    /** Whether requests that came last tend to end first. */
    private final boolean lastFirst;

    Steps(RecordingImage container, SteppedLoop[] loops, Random random) {
        this.container = container;
        this.loops = loops;
        this.random = random;
        this.lastFirst = random.nextBoolean();
    }

    /** Those that are waited for from now on. */
    void watch(List<Subject.Helper> threads) {
        helpers = threads;
    }

    /** One step of anything that can go on. @return whether there was any */
    boolean step() {
        settle();
        int ready = 0;
        for (SteppedLoop loop : loops) {
            loop.reap();
            ready += loop.hasTask() ? 1 : 0;
        }
        int pending = container.pending();
        if (ready + pending == 0) {
            return false;
        }
        int choice = random.nextInt(ready + Math.min(pending, 3));
        for (SteppedLoop loop : loops) {
            if (loop.hasTask() && choice-- == 0) {
                loop.runOne();
                return true;
            }
        }
        int index = random.nextInt(pending);
        container.complete(lastFirst ? Math.max(index, random.nextInt(pending)) : index);
        return true;
    }

    /** Does in another thread what waits for the container, and all steps meanwhile. */
    <T> T waitFor(Supplier<T> call) {
        CompletableFuture<T> result = start(call);
        long deadline = System.nanoTime() + PATIENCE;
        while (!result.isDone()) {
            if (!step()) {
                LockSupport.parkNanos(10_000);
                if (System.nanoTime() > deadline) {
                    throw new LabException("stuck: nothing goes on, and a call doesn't return");
                }
            }
        }
        return join(result);
    }

    /** Begins a call, which is done when steps have brought it what it waits for. */
    <T> CompletableFuture<T> start(Supplier<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        asking = Thread.ofPlatform().daemon().name("caller").start(() -> {
            try {
                result.complete(call.get());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    static <T> T join(CompletableFuture<T> result) {
        try {
            return result.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        }
    }

    /** Until nobody does anything who wasn't told to by a step. */
    private void settle() {
        if (asking != null) {
            // It may wait in a ring of its own for one of the helpers: that looks like work.
            awaitStill(asking, new CompletableFuture<>(), true);
            asking = asking.isAlive() ? asking : null;
        }
        // Twice: the first may be told something by the last.
        for (int i = 0; i < 2; i++) {
            for (Subject.Helper helper : helpers) {
                CompletableFuture<Boolean> passed = new CompletableFuture<>();
                helper.behindAll().accept(() -> passed.complete(true));
                awaitStill(helper.thread(), passed, false);
                if (!helper.thread().isAlive()) {
                    throw new LabException("thread " + helper.thread().getName() + " has died");
                }
            }
        }
    }

    private void awaitStill(Thread thread, CompletableFuture<?> passed, boolean seemsToWork) {
        long since = System.nanoTime();
        int held = 0;
        long deadline = System.nanoTime() + PATIENCE;
        while (!passed.isDone() && thread.isAlive()) {
            long now = System.nanoTime();
            int holds = container.holds(thread);
            boolean waits = seemsToWork
                    || thread.getState() == Thread.State.WAITING
                    || thread.getState() == Thread.State.TIMED_WAITING;
            if (holds != held || holds == 0 && !waits) {
                held = holds;
                since = now;
            } else if (now - since > (holds > 0 ? BURST : STILL)) {
                return;
            }
            if (now > deadline) {
                throw new LabException("stuck: thread " + thread.getName() + " is busy, and does nothing: "
                        + Arrays.toString(thread.getStackTrace()));
            }
            Thread.yield();
        }
    }
}
