// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import io.tidemark.vhost.socket.PassedFds;
import io.tidemark.vhost.socket.UnixConnection;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Messages over a connection. Belongs to one thread. */
public final class MessageStream {
    private final UnixConnection connection;
    private final ByteBuffer header = ByteBuffer.allocateDirect(MessageHeader.SIZE);
    private final MemorySegment fields = MemorySegment.ofBuffer(header);

    public MessageStream(UnixConnection connection) {
        this.connection = connection;
    }

    /**
     * Waits for the next message, which the caller closes.
     *
     * @return null when the other side has left, or when this side was told to end or to pause
     */
    public Message receive() {
        if (!connection.awaitNews()) {
            return null;
        }
        PassedFds fds = new PassedFds();
        boolean whole = false;
        try {
            Message message = receive(fds);
            whole = message != null;
            return message;
        } finally {
            if (!whole) {
                fds.close();
            }
        }
    }

    private Message receive(PassedFds fds) {
        header.clear();
        if (!fill(header, fds)) {
            if (header.position() == 0) {
                return null;
            }
            throw cutOff();
        }
        int number = fields.get(Native.U32, MessageHeader.REQUEST);
        int flags = fields.get(Native.U32, MessageHeader.FLAGS);
        int size = fields.get(Native.U32, MessageHeader.PAYLOAD_SIZE);
        if ((flags & MessageHeader.VERSION_MASK) != MessageHeader.VERSION) {
            throw new VhostException(
                    Code.BAD_FRAMING,
                    "message %d has flags 0x%x: this backend speaks version 1".formatted(number, flags));
        }
        if (size < 0 || size > MessageHeader.MAX_PAYLOAD) {
            throw new VhostException(
                    Code.BAD_FRAMING,
                    "message %d has a payload of %s bytes, more than any message"
                            .formatted(number, Integer.toUnsignedString(size)));
        }
        MemorySegment payload = MemorySegment.ofArray(new byte[size]);
        if (size > 0) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(size);
            if (!fill(bytes, fds)) {
                throw cutOff();
            }
            payload.copyFrom(MemorySegment.ofBuffer(bytes.flip()));
        }
        return new Message(number, flags, payload, fds);
    }

    private boolean fill(ByteBuffer buffer, PassedFds fds) {
        while (buffer.hasRemaining()) {
            if (connection.receive(buffer, fds) < 0) {
                return false;
            }
        }
        return true;
    }

    private static VhostException cutOff() {
        return new VhostException(Code.DISCONNECTED, "the connection ended in the middle of a message");
    }

    /** Sends a message; the descriptors that go with it stay the caller's. False when told to end meanwhile. */
    public boolean send(int number, int flags, MemorySegment payload, int... fds) {
        int size = (int) payload.byteSize();
        ByteBuffer bytes = ByteBuffer.allocateDirect(MessageHeader.SIZE + size);
        MemorySegment message = MemorySegment.ofBuffer(bytes);
        message.set(Native.U32, MessageHeader.REQUEST, number);
        message.set(Native.U32, MessageHeader.FLAGS, flags | MessageHeader.VERSION);
        message.set(Native.U32, MessageHeader.PAYLOAD_SIZE, size);
        MemorySegment.copy(payload, 0, message, MessageHeader.SIZE, size);
        return connection.send(bytes, fds);
    }
}
