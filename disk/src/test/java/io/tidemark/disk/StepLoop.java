// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.uring.IoUring;
import java.util.ArrayDeque;
import java.util.Queue;

/** A loop without a thread, for tests that decide when posted tasks run. */
public final class StepLoop implements Loop {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final int requests;

    public StepLoop(int requests) {
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

    /** Runs all that was posted, and what that posts. */
    public void runAll() {
        for (Runnable task = next(); task != null; task = next()) {
            task.run();
        }
    }

    private synchronized Runnable next() {
        return tasks.poll();
    }
}
