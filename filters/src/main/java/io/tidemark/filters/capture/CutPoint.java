// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.filters.FilterException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A moment that several histories are to name, and what became of it: it is settled when all of them have come to it, or void
 * for all of them. By the capture threads of these disks and the thread that makes the {@link Cut}.
 */
final class CutPoint {
    private final String name;
    private final long time;
    private final List<String> disks;
    private final long endNanos;
    private final AtomicIntegerArray arrived;
    private final AtomicInteger missing;
    private final CompletableFuture<Void> outcome = new CompletableFuture<>();

    /**
     * @param name of the mark
     * @param time the last microsecond that belongs to it
     * @param disks their ids
     * @param endNanos until when they wait for each other, as {@link System#nanoTime} counts
     */
    CutPoint(String name, long time, List<String> disks, long endNanos) {
        this.name = name;
        this.time = time;
        this.disks = disks;
        this.endNanos = endNanos;
        this.arrived = new AtomicIntegerArray(disks.size());
        // One more for whoever sees to it that all have heard of it in time.
        this.missing = new AtomicInteger(disks.size() + 1);
    }

    String name() {
        return name;
    }

    long time() {
        return time;
    }

    /** All disks have heard of it before its time. */
    void announced() {
        settleIfLast();
    }

    /** A disk's history has come to it, and is whole. */
    void arrive(int disk) {
        arrived.set(disk, 1);
        settleIfLast();
    }

    private void settleIfLast() {
        if (missing.decrementAndGet() == 0) {
            outcome.complete(null);
        }
    }

    /** It is void for all, unless it was settled before. */
    void refuse(FilterException why) {
        outcome.completeExceptionally(why);
    }

    /** It is void, because of the first disk that has not come to it. */
    void refuseForMissing() {
        for (int i = 0; i < disks.size(); i++) {
            if (arrived.get(i) == 0) {
                refuse(Cut.refused(disks.get(i), "its history is too far behind"));
                return;
            }
        }
        refuse(Cut.refused(disks.getFirst(), "the agent does not get the processor in time"));
    }

    boolean isOver() {
        return System.nanoTime() - endNanos > 0;
    }

    /** Completes when it is settled; fails with a {@link FilterException} when it is void. */
    CompletableFuture<Void> outcome() {
        return outcome;
    }
}
