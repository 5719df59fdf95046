// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.guest;

import io.tidemark.integration.process.LabException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** Lines over a Unix socket, with a limit on every wait. One thread. */
final class LineSocket implements AutoCloseable {
    private final String name;
    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer input = ByteBuffer.allocate(1 << 16).flip();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    LineSocket(String name, Path path) {
        this.name = name;
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(path));
            channel.configureBlocking(false);
            selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
        } catch (IOException e) {
            throw new LabException(name + ": can't connect to " + path + ": " + e.getMessage(), e);
        }
    }

    void send(String text) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                if (channel.write(bytes) == 0) {
                    Thread.onSpinWait();
                }
            }
        } catch (IOException e) {
            throw new LabException(name + ": " + e.getMessage(), e);
        }
    }

    /** The next line, without its end. */
    String receive(long deadlineNanos, String what) {
        try {
            while (true) {
                while (input.hasRemaining()) {
                    byte b = input.get();
                    if (b == '\n') {
                        String text = line.toString(StandardCharsets.UTF_8);
                        line.reset();
                        return text;
                    }
                    if (b != '\r') {
                        line.write(b);
                    }
                }
                fill(deadlineNanos, what);
            }
        } catch (IOException e) {
            throw new LabException(name + ": " + e.getMessage(), e);
        }
    }

    private void fill(long deadlineNanos, String what) throws IOException {
        long left = Duration.ofNanos(deadlineNanos - System.nanoTime()).toMillis();
        if (left <= 0) {
            throw new LabException(name + ": no answer in time: " + what);
        }
        selector.select(left);
        selector.selectedKeys().clear();
        input.clear();
        int read = channel.read(input);
        input.flip();
        if (read < 0) {
            throw new LabException(name + ": closed while waiting: " + what);
        }
    }

    @Override
    public void close() {
        try (channel;
                selector) {
            input.clear().flip();
        } catch (IOException e) {
            throw new LabException(name + ": can't close: " + e.getMessage(), e);
        }
    }
}
