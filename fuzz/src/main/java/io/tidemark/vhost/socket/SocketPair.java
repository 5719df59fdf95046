// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import io.tidemark.fuzz.Descriptors;
import java.nio.ByteBuffer;

/**
 * A frontend that says all it has to say before anybody listens, and then no more: so one thread can play both sides, and a
 * conversation goes the same way each time. What it says must fit into the socket's buffer.
 */
public final class SocketPair implements AutoCloseable {
    private final Wakeup wakeup = new Wakeup();
    private final UnixConnection frontend;
    private final UnixConnection backend;

    public SocketPair() {
        int[] pair = Descriptors.sockets();
        frontend = UnixConnection.adopt(pair[0], wakeup);
        backend = UnixConnection.adopt(pair[1], wakeup);
    }

    public void say(byte[] bytes, int... fds) {
        frontend.send(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip(), fds);
    }

    /** After this the backend sees the end; answers are still taken. */
    public void hangUp() {
        Descriptors.endOutput(frontend.fd());
    }

    public UnixConnection backend() {
        return backend;
    }

    @Override
    public void close() {
        frontend.close();
        backend.close();
        wakeup.close();
    }
}
