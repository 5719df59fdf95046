// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageHeader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Messages as bytes, for checks that send them otherwise than frontends do. */
final class Wire {
    static final MemorySegment EMPTY = MemorySegment.ofArray(new byte[0]);

    private Wire() {}

    /** A whole message, right or wrong. */
    static byte[] message(int number, int flags, int payloadSize, byte... payload) {
        ByteBuffer bytes =
                ByteBuffer.allocate(MessageHeader.SIZE + payload.length).order(ByteOrder.nativeOrder());
        return bytes.putInt(number)
                .putInt(flags)
                .putInt(payloadSize)
                .put(payload)
                .array();
    }

    static byte[] message(FrontendRequest request, int flags) {
        return message(request.number(), MessageHeader.VERSION | flags, 0);
    }

    /** Whether the backend refuses: by an answer that isn't 0, or by ending the connection. */
    static boolean refuses(Frontend frontend, FrontendRequest request, MemorySegment payload, int... fds) {
        try {
            return !frontend.did(request, payload, fds);
        } catch (RuntimeException e) {
            return true;
        }
    }

    /** Sends bytes that a backend may hate; a connection that ends meanwhile is an answer too. */
    static void provoke(Frontend frontend, byte[] bytes, int... fds) {
        try {
            frontend.raw(bytes, fds);
            frontend.raw(message(FrontendRequest.GET_FEATURES, 0));
            for (Message answer = frontend.receive(); answer != null; answer = frontend.receive()) {
                answer.close();
                if (answer.number() == FrontendRequest.GET_FEATURES.number()) {
                    return;
                }
            }
        } catch (RuntimeException e) {
            // The connection has ended.
        }
    }
}
