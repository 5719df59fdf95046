// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.disk.Loop;
import io.tidemark.disk.uring.IoUring;
import java.util.ArrayDeque;
import java.util.Queue;

/** A loop without a thread, whose tasks run one by one when the test says so. Its ring is for what lies behind an image, and is only read. */
final class SteppedLoop implements Loop, AutoCloseable {
    private final IoUring ring = new IoUring(64, 256);
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final int requests;

    SteppedLoop(int requests) {
        this.requests = requests;
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
    public synchronized void execute(Runnable task) {
        tasks.add(task);
    }

    synchronized boolean hasTask() {
        return !tasks.isEmpty();
    }

    void runOne() {
        Runnable task;
        synchronized (this) {
            task = tasks.remove();
        }
        task.run();
    }

    /** What was read since. */
    void reap() {
        ring.enter(0);
        ring.reap();
    }

    @Override
    public void close() {
        ring.close();
    }
}
