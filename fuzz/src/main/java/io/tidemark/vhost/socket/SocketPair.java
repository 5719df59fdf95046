// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import jnr.unixsocket.UnixSocketChannel;

/**
 * A frontend that says all it has to say before anybody listens, and then no more: so one thread can play both sides, and a
 * conversation goes the same way each time. What it says must fit into the socket's buffer.
 */
public final class SocketPair implements AutoCloseable {
    private final Wakeup wakeup = new Wakeup();
    private final UnixSocketChannel frontendChannel;
    private final UnixConnection frontend;
    private final UnixConnection backend;

    public SocketPair() {
        try {
            UnixSocketChannel[] channels = UnixSocketChannel.pair();
            frontendChannel = channels[0];
            frontend = new UnixConnection(channels[0], wakeup);
            backend = new UnixConnection(channels[1], wakeup);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void say(byte[] bytes, int... fds) {
        frontend.send(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip(), fds);
    }

    /** After this the backend sees the end; answers are still taken. */
    public void hangUp() {
        try {
            frontendChannel.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
