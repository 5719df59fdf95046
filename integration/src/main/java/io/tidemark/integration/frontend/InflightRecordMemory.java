// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.frontend;

import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.InflightDescription;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.MemorySegment;

/** The memory in which backends note what is in flight: the first one makes it, each next one is given it. */
final class InflightRecordMemory implements AutoCloseable {
    private int fd = Fd.NONE;
    private MemorySegment description;

    /** Gives the backend the memory, after asking it for some if there is none yet. */
    void share(Frontend frontend, int queues, int queueSize) {
        if (fd == Fd.NONE) {
            try (Message answer =
                    frontend.ask(FrontendRequest.GET_INFLIGHT_FD, InflightDescription.of(0, 0, queues, queueSize))) {
                description = answer.payload();
                fd = answer.fds().take();
            }
        }
        frontend.require(FrontendRequest.SET_INFLIGHT_FD, description, fd);
    }

    @Override
    public void close() {
        Fd.close(fd);
        fd = Fd.NONE;
    }
}
