// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Loop;
import io.tidemark.disk.uring.IoUring;

/** A loop as the devices below an image see it, which get the pieces of its requests. */
record PieceLoop(Loop loop, int requests) implements Loop {
    @Override
    public IoUring ring() {
        return loop.ring();
    }

    @Override
    public void execute(Runnable task) {
        loop.execute(task);
    }
}
