// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.uring.IoUring;

/**
 * The thread that devices live in, as devices see it: one per virtqueue, one per control-plane job that does IO.
 *
 * <p>All that is attached to a loop is used by that loop's thread only.
 */
public interface Loop {
    /** The loop's io_uring; it may be used on the loop's thread only. */
    IoUring ring();

    /** One more than the highest {@link Request#id()} that this loop will ever submit. */
    int requests();

    /** Runs the task on the loop's thread, soon. May be called from any thread; tasks of one caller keep their order. */
    void execute(Runnable task);
}
