// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.disk.Loop;
import io.tidemark.disk.uring.IoUring;
import java.util.ArrayDeque;
import java.util.Queue;

/** A loop without a thread or a ring, whose tasks run one by one when the test says so. */
final class SteppedLoop implements Loop {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final int requests;

    SteppedLoop(int requests) {
        this.requests = requests;
    }

    @Override
    public IoUring ring() {
        throw new UnsupportedOperationException("this loop has no io_uring");
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
}
