// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Clusters that may be handed out: on stable storage their refcount is 1, and their content zero. One that was taken is
 * <em>out</em> until an entry names it, or nobody wants it any more.
 *
 * <p>Used by any thread; nothing is done under its lock but counting.
 */
final class Reserve {
    /** How much of the file it holds: so many bytes, and within so many clusters. */
    private static final long LEAST_BYTES = 4 << 20;

    private static final long MOST_BYTES = 64 << 20;
    private static final long LEAST_CLUSTERS = 4;
    private static final long MOST_CLUSTERS = 4096;

    /** Told how waiting for a cluster has ended. */
    @FunctionalInterface
    interface Waiter {
        /** @param status 0 where there are clusters again, or a negative errno */
        void told(int status);
    }

    /** Clusters that lie one behind the other. */
    static final class Run {
        private long place;
        private int count;

        /** Where the first one lies. */
        long place() {
            return place;
        }

        int count() {
            return count;
        }
    }

    private final long cluster;
    private final Runnable filler;
    private final int most;
    private final long[] ring;
    private final Set<Long> out = new HashSet<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private int head;
    private int count;
    private int target;
    private boolean asked;

    /**
     * @param diskClusters how many clusters the disk has
     * @param filler has the reserve filled soon; whoever does it calls {@link #deposit} or {@link #fail}
     */
    Reserve(int clusterBits, long diskClusters, Runnable filler) {
        this.cluster = 1L << clusterBits;
        this.filler = filler;
        // A small disk doesn't need more than it has clusters, and some for tables.
        long ofUse = Math.min(MOST_CLUSTERS, diskClusters + LEAST_CLUSTERS);
        this.target = (int) Math.clamp(LEAST_BYTES >>> clusterBits, LEAST_CLUSTERS, ofUse);
        this.most = (int) Math.clamp(MOST_BYTES >>> clusterBits, LEAST_CLUSTERS, ofUse);
        this.ring = new long[2 * most];
    }

    /**
     * Takes clusters that lie in a row.
     *
     * @param wanted how many at the most
     * @param waiter told, by any thread, when it is worth to try again, if there is none
     * @return whether there is at least one
     */
    synchronized boolean take(int wanted, Run run, Waiter waiter) {
        run.count = 0;
        if (count == 0) {
            waiters.add(waiter);
            if (!asked) {
                // It was too small for what is written at once.
                target = Math.min(most, 2 * target);
            }
        } else {
            run.place = ring[head];
            while (run.count < wanted && count > 0 && ring[head] == run.place + run.count * cluster) {
                out.add(ring[head]);
                head = (head + 1) % ring.length;
                count--;
                run.count++;
            }
        }
        if (count < target / 2 + 1 && !asked) {
            asked = true;
            filler.run();
        }
        return run.count > 0;
    }

    /** Takes one, and waits for that; not for loops. @return where it lies, or a negative errno */
    long takeOne() {
        Run run = new Run();
        while (true) {
            CompletableFuture<Integer> told = new CompletableFuture<>();
            if (take(1, run, told::complete)) {
                return run.place;
            }
            int status = told.join();
            if (status < 0) {
                return status;
            }
        }
    }

    /** How many clusters it should get now. */
    synchronized int wanted() {
        return Math.max(1, target - count);
    }

    /** More clusters. No more than were {@link #wanted}. */
    void deposit(long[] places, int number) {
        List<Waiter> told;
        synchronized (this) {
            for (int i = 0; i < number; i++) {
                ring[(head + count++) % ring.length] = places[i];
            }
            asked = false;
            told = takeWaiters();
        }
        told.forEach(waiter -> waiter.told(0));
    }

    /** There are no more clusters to be had now. @param status a negative errno */
    void fail(int status) {
        List<Waiter> told;
        synchronized (this) {
            asked = false;
            told = takeWaiters();
        }
        told.forEach(waiter -> waiter.told(status));
    }

    private List<Waiter> takeWaiters() {
        List<Waiter> told = List.copyOf(waiters);
        waiters.clear();
        return told;
    }

    synchronized boolean isOut(long place) {
        return out.contains(place);
    }

    /** The cluster isn't out any more. @return whether it was */
    synchronized boolean settle(long place) {
        return out.remove(place);
    }

    /** All that is left; it is empty afterwards. */
    synchronized long[] drain() {
        long[] all = new long[count];
        for (int i = 0; i < all.length; i++) {
            all[i] = ring[(head + i) % ring.length];
        }
        count = 0;
        return all;
    }

    /** All that was handed out, and that no entry names. */
    synchronized long[] drainOut() {
        long[] all = out.stream().mapToLong(Long::longValue).toArray();
        out.clear();
        return all;
    }
}
