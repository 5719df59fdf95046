// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.vhost.memory.GuestMemory;
import java.util.concurrent.CompletableFuture;

/**
 * What the connection tells a queue. Any thread may call; answers come when the effect is complete. File descriptors stay
 * the caller's: it closes them after the answer that ends their use.
 */
public interface QueueControl {
    /** Serves the ring. Fails with IllegalArgumentException where it doesn't lie in the memory that was told. */
    CompletableFuture<Void> start(Vring vring);

    /** Takes no more requests. Answers with the next avail index when all that were taken are in the used ring. */
    CompletableFuture<Integer> stop();

    /** Replaces the memory table. Answers when no request uses an older one. */
    CompletableFuture<Void> memory(GuestMemory table);

    /** Whether requests are taken from a ring that was started (VHOST_USER_SET_VRING_ENABLE). */
    void enable(boolean serving);

    /** Replaces the eventfd for interrupts, -1 for none. Answers when the former one is not used any more. */
    CompletableFuture<Void> call(int fd);

    /** Whether the guest knows of a write cache and flushes it, or expects every write on stable storage. */
    void writeCache(boolean writeback);
}
