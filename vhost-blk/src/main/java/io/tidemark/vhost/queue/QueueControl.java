// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.vhost.memory.GuestMemory;
import java.util.concurrent.CompletableFuture;

/**
 * What the vhost-user connection tells one queue, at any time and in order; the queue acts on it in its own thread.
 *
 * <p>All methods return at once. An answer is given when the effect is complete. File descriptors stay the connection's;
 * it closes one only after an answer that says that the queue has let go of it: of {@link #stop} or of {@link #call}.
 */
public interface QueueControl {
    /**
     * Serves the ring from now on, while it is also enabled. The queue is stopped when this is called.
     *
     * <p>Answered when the ring is being served; exceptionally when it can't be, and then the queue is still stopped.
     */
    CompletableFuture<Void> start(Vring vring);

    /**
     * Takes no more requests, and lets those that were taken complete into the used ring. A disabled ring is stopped as
     * well as an enabled one.
     *
     * <p>Answered with the next avail index: when all requests are in the used ring, or at once with the last one known
     * when the queue is stopped already.
     */
    CompletableFuture<Integer> stop();

    /**
     * Uses the table from now on, also for the ring that is being served, whose addresses are looked up again.
     *
     * <p>Answered when no request uses an older table, so that what left it can be unmapped. A ring that is no longer in
     * memory is stopped with a logged reason.
     */
    CompletableFuture<Void> memory(GuestMemory table);

    /**
     * Marks what the queue writes into guest memory from now on; null to mark nothing. Lasts until the next call, over stops
     * and starts. What was taken before is marked too, when it completes.
     *
     * <p>Answered when the former one isn't used any more.
     */
    CompletableFuture<Void> log(RingLog log);

    /**
     * Whether requests are taken while the ring is started. Lasts until the next call, over stops and starts.
     *
     * <p>Answered when the queue goes by it: none is taken after that.
     */
    CompletableFuture<Void> enable(boolean enabled);

    /**
     * Interrupts the guest through another eventfd, -1 for none. Lasts until the next call or the next {@link #start}.
     *
     * <p>Answered when the former one isn't used any more.
     */
    CompletableFuture<Void> call(int fd);

    /**
     * Whether completed writes may lie in a volatile cache until the guest flushes. When this goes to false, what was
     * completed before becomes durable by the next flush.
     */
    void writeCache(boolean writeback);
}
