// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** What a backend can ask of a frontend, on a channel of its own (vhost-user.rst, "Back-end message types"). */
public enum BackendRequest {
    /** The configuration space has changed: read it again. */
    CONFIG_CHANGE_MSG(2);

    private final int number;

    BackendRequest(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** The whole message, in a direct buffer. No answer is asked for: frontends ask back before they would give one. */
    public ByteBuffer message() {
        ByteBuffer message = ByteBuffer.allocateDirect(MessageHeader.SIZE);
        MemorySegment header = MemorySegment.ofBuffer(message);
        header.set(Native.U32, MessageHeader.REQUEST, number);
        header.set(Native.U32, MessageHeader.FLAGS, MessageHeader.VERSION);
        header.set(Native.U32, MessageHeader.PAYLOAD_SIZE, 0);
        return message;
    }
}
