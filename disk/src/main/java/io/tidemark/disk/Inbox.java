// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.posix.EventFd;
import io.tidemark.disk.uring.CompletionTarget;
import io.tidemark.disk.uring.IoUring;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Tasks that other threads give to a loop, which it runs when it reaps its ring; they wake it where it waits there. Made and closed by the
 * loop, which closes its ring before.
 */
public final class Inbox implements CompletionTarget, AutoCloseable {
    private final IoUring ring;
    private final int target;
    private final EventFd signal = new EventFd();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    public Inbox(IoUring ring) {
        this.ring = ring;
        this.target = ring.register(this);
        ring.preparePoll(signal.fd(), target, 0);
    }

    /** By any thread. */
    public void add(Runnable task) {
        tasks.add(task);
        signal.signal();
    }

    @Override
    public void completed(int token, int result, boolean more) {
        if (!more) {
            ring.preparePoll(signal.fd(), target, 0);
        }
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Override
    public void close() {
        signal.close();
    }
}
