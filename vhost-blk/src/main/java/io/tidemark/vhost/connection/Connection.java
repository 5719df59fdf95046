// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.FrontendRequest.Answer;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageHeader;
import io.tidemark.vhost.protocol.MessageStream;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.U64;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One frontend's connection, from its first message to its last: receives, has each message acted on, answers.
 *
 * <p>A request that is refused is answered so where the frontend waits for an answer and the connection goes on; else the
 * connection ends, because the frontend would go on as if it had been done. A ring that can't be started ends nothing: it
 * stays stopped, the frontend hears of it by the ring's error descriptor.
 */
public final class Connection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    /** What {@link #serve} returns when no message is left: the frontend has gone, or this side was told to end or pause. */
    public static final String NO_MORE = "the connection was closed";

    private static final long DONE = 0;
    private static final long REFUSED = 1;

    private final String disk;
    private final MessageStream stream;
    private final Session session;
    private boolean unknownLogged;

    public Connection(String disk, MessageStream stream, Session session) {
        this.disk = disk;
        this.stream = stream;
        this.session = session;
    }

    /**
     * Serves the frontend until it leaves, breaks the protocol, or this side is told to end. The session is left as it
     * is: its owner ends it.
     *
     * @return why it ended
     */
    public String serve() {
        try {
            while (true) {
                try (Message message = stream.receive()) {
                    if (message == null) {
                        return NO_MORE;
                    }
                    if (!serve(message)) {
                        return "this side was told to end";
                    }
                }
            }
        } catch (VhostException e) {
            return e.getMessage();
        }
    }

    private boolean serve(Message message) {
        FrontendRequest request = FrontendRequest.of(message.number());
        if (request == null) {
            return unknown(message);
        }
        Reply answer;
        try (message) { // closed before the answer, so that what the frontend then sees is final
            answer = session.handle(request, message);
        } catch (VhostException e) {
            return refuse(request, message, e);
        }
        try (answer) {
            if (request.answer() == Answer.OWN) {
                return answer.fd() < 0
                        ? reply(message, answer.payload())
                        : reply(message, answer.payload(), answer.fd());
            }
        }
        return !wantsAck(message) || reply(message, U64.of(DONE));
    }

    private boolean refuse(FrontendRequest request, Message message, VhostException reason) {
        boolean fatal = reason.code() == VhostException.Code.BAD_FRAMING;
        if (!fatal && request.answer() == Answer.ACK && wantsAck(message)) {
            LOG.warn("disk {}: {} refused: {}", disk, request, reason.getMessage());
            return reply(message, U64.of(REFUSED));
        }
        if (!fatal && request == FrontendRequest.SET_VRING_KICK) {
            LOG.warn("disk {}: {}", disk, reason.getMessage());
            return true;
        }
        throw new VhostException(reason.code(), request + ": " + reason.getMessage(), reason);
    }

    private boolean unknown(Message message) {
        if (!unknownLogged) {
            LOG.warn("disk {}: ignoring message {}, which was not offered", disk, message.number());
            unknownLogged = true;
        }
        return !wantsAck(message) || reply(message, U64.of(REFUSED));
    }

    private boolean wantsAck(Message message) {
        return message.needsReply() && session.hasProtocolFeature(ProtocolFeature.REPLY_ACK);
    }

    private boolean reply(Message message, MemorySegment payload, int... fds) {
        return stream.send(message.number(), MessageHeader.REPLY, payload, fds);
    }
}
