// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.uring.IoUring;

/**
 * The loop of a thread that does IO beside the data path: it turns when the thread waits for something.
 *
 * <p>Confined to the thread that makes it, but for {@link #execute}. What is attached to it must have no request on its way when it is closed.
 */
public final class RingLoop implements Loop, AutoCloseable {
    /** Of one request: images and filters that lie on each other make several operations of it. */
    private static final int OPERATIONS = 4;

    private final int requests;
    private final IoUring ring;
    private final Inbox inbox;

    public RingLoop(int requests) {
        this.requests = requests;
        this.ring = new IoUring(Math.max(8, OPERATIONS * requests), Math.max(8, OPERATIONS * requests));
        this.inbox = new Inbox(ring);
    }

    /** Sends what is prepared, waits until something has come, and takes it. */
    public void await() {
        ring.enter(1);
        ring.reap();
    }

    /** Sends what is prepared, and takes what has come; doesn't wait. */
    public void turn() {
        ring.enter(0);
        ring.reap();
    }

    @Override
    public IoUring ring() {
        return ring;
    }

    @Override
    public int requests() {
        return requests;
    }

    @Override
    public void execute(Runnable task) {
        inbox.add(task);
    }

    @Override
    public void close() {
        ring.close();
        inbox.close();
    }
}
