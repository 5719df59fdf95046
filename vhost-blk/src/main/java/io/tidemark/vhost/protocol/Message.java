// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import io.tidemark.vhost.socket.PassedFds;
import java.lang.foreign.MemorySegment;

/**
 * One message as it was received: a private copy. Closing it closes the descriptors that nobody took.
 *
 * @param number which request it is; see {@link FrontendRequest}
 * @param flags the header's flags
 * @param payload what follows the header
 * @param fds the descriptors that came with it
 */
public record Message(int number, int flags, MemorySegment payload, PassedFds fds) implements AutoCloseable {
    /** Whether the frontend waits for an answer even where the request has none of its own. */
    public boolean needsReply() {
        return (flags & MessageHeader.NEED_REPLY) != 0;
    }

    @Override
    public void close() {
        fds.close();
    }
}
