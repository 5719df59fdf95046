// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.json.Json;
import io.tidemark.agent.status.ProtectionOrder;
import io.tidemark.agent.status.ThrottleLimits;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What agents say to each other while one takes the disks of the other over, framed as vhost-user's messages, between which they
 * stand; their numbers are none of those. See docs/architecture.md, "A new agent for running disks".
 */
enum HandOverMessage {
    /** A disk ({@link Disk}); then come what its frontend has said. */
    DISK,
    /** That was all: can you serve it? */
    READY_QUESTION,
    /** Yes. */
    READY,
    /** No; the payload says why. */
    REFUSED,
    /** The rings of a disk are stopped; what starts them there follows. */
    STARTS,
    /** They are yours from now on. */
    GO,
    /** They are being served. */
    SERVING;

    private static final int FIRST = 1000;

    /**
     * A disk that is handed over. With it come the descriptors of the listening socket, of the connection if there is one, and
     * of the image.
     *
     * @param connected whether there is a frontend
     * @param holdsImage whether the image is the agent's to use; see {@link io.tidemark.agent.ServedDisk#holdsImage}
     * @param heir the number of the agent that gets the disk, told to no other: what is left to it of the history names it
     * @param throttle the limits that were set while it was served; null, if those of its configuration hold
     * @param protection likewise
     */
    record Disk(
            String id,
            String image,
            String socket,
            int queues,
            boolean readOnly,
            boolean connected,
            boolean holdsImage,
            int heir,
            ThrottleLimits throttle,
            ProtectionOrder protection) {}

    /** @throws VhostException when it can't be sent */
    void to(MessageStream stream) {
        send(stream, new byte[0]);
    }

    /** @throws VhostException when it can't be sent */
    void to(MessageStream stream, Object body, int... fds) {
        send(stream, Json.bytes(body), fds);
    }

    private void send(MessageStream stream, byte[] payload, int... fds) {
        if (!stream.send(FIRST + ordinal(), 0, MemorySegment.ofArray(payload), fds)) {
            throw new VhostException(VhostException.Code.BAD_SOCKET, "the other agent takes too long");
        }
    }

    boolean is(Message message) {
        return message.number() == FIRST + ordinal();
    }

    static <T> T body(Message message, Class<T> type) {
        try {
            return Json.read(message.payload().toArray(ValueLayout.JAVA_BYTE), type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
