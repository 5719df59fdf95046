// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.handover;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.MessageStream;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.MemorySegment;

/**
 * A message of a frontend's, said once more to the process that takes its connection over. So what is handed over has the form,
 * and is checked, as if the frontend had said it there.
 *
 * @param fd the descriptor that goes with it, which stays the sender's; {@link Fd#NONE} for none
 */
public record SaidAgain(FrontendRequest request, MemorySegment payload, int fd) {
    public SaidAgain(FrontendRequest request, MemorySegment payload) {
        this(request, payload, Fd.NONE);
    }

    /** @throws VhostException when it can't be sent */
    public void to(MessageStream stream) {
        int[] fds = fd == Fd.NONE ? new int[0] : new int[] {fd};
        if (!stream.send(request.number(), 0, payload, fds)) {
            throw new VhostException(VhostException.Code.BAD_SOCKET, "the other side takes too long");
        }
    }
}
