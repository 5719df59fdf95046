// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.MemorySegment;

/**
 * What a request is answered with. Closing it closes the descriptor, whose copy the frontend has by then.
 *
 * @param payload empty for requests without an answer of their own
 * @param fd the descriptor that goes with it, or {@link Fd#NONE}
 */
record Reply(MemorySegment payload, int fd) implements AutoCloseable {
    static Reply of(MemorySegment payload) {
        return new Reply(payload, Fd.NONE);
    }

    @Override
    public void close() {
        Fd.close(fd);
    }
}
