// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Tells when all requests that were taken before a change (of memory, of filters) are complete. Confined to its loop.
 *
 * <p>Each change begins a generation. A request belongs to the generation in which it was taken.
 */
final class Generations {
    private final List<Waiter> waiters = new ArrayList<>();
    private int current;
    private int inFlight;

    private static final class Waiter {
        final int before;
        final CompletableFuture<Void> done;
        int left;

        Waiter(int before, int left, CompletableFuture<Void> done) {
            this.before = before;
            this.left = left;
            this.done = done;
        }
    }

    /** A request is taken. @return the generation it belongs to */
    int enter() {
        inFlight++;
        return current;
    }

    /** A request of the generation is complete. */
    void leave(int generation) {
        inFlight--;
        if (!waiters.isEmpty()) {
            tell(generation);
        }
    }

    private void tell(int generation) {
        for (int i = waiters.size() - 1; i >= 0; i--) {
            Waiter waiter = waiters.get(i);
            if (generation - waiter.before < 0 && --waiter.left == 0) {
                waiters.remove(i);
                waiter.done.complete(null);
            }
        }
    }

    /** Begins a generation; the future completes when no request of an earlier one is on its way. */
    void begin(CompletableFuture<Void> done) {
        current++;
        if (inFlight == 0) {
            done.complete(null);
        } else {
            waiters.add(new Waiter(current, inFlight, done));
        }
    }

    /** What is on its way never completes: whoever waits is told. */
    void abandon(Throwable reason) {
        waiters.forEach(waiter -> waiter.done.completeExceptionally(reason));
        waiters.clear();
    }

    /** Begins to count anew, after an error that may have struck between two steps; {@link #recounted} ends it. */
    void recount() {
        inFlight = 0;
        waiters.forEach(waiter -> waiter.left = 0);
    }

    /** A request of the generation is on its way. */
    void count(int generation) {
        inFlight++;
        for (Waiter waiter : waiters) {
            if (generation - waiter.before < 0) {
                waiter.left++;
            }
        }
    }

    /** All were counted: who has nothing left to wait for is told. */
    void recounted() {
        List<Waiter> done = waiters.stream().filter(waiter -> waiter.left == 0).toList();
        waiters.removeAll(done);
        done.forEach(waiter -> waiter.done.complete(null));
    }

    /** Whether somebody waits for requests to complete. */
    boolean isAwaited() {
        return !waiters.isEmpty();
    }

    /** How many requests are on their way. */
    int inFlight() {
        return inFlight;
    }
}
