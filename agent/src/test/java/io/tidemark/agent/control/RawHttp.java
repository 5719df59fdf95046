// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Requests as bytes on the socket, to see what the server really answers, also to what no client would send. */
final class RawHttp {
    private RawHttp() {}

    record Response(int status, Map<String, String> headers, String body) {
        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    static Response send(Path socket, String method, String path, String body) throws IOException {
        byte[] bytes = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
        String length =
                body == null ? "" : "Content-Length: " + bytes.length + "\r\nContent-Type: application/json\r\n";
        return exchange(
                socket,
                method + " " + path + " HTTP/1.1\r\nHost: tidemark\r\nConnection: close\r\n" + length + "\r\n"
                        + (body == null ? "" : body));
    }

    static Response exchange(Path socket, String request) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            Thread writer = Thread.ofVirtual().start(() -> write(channel, request));
            ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
            while (!complete(all) && channel.read(buffer.clear()) >= 0) {
                all.write(buffer.array(), 0, buffer.position());
            }
            writer.interrupt();
        } catch (IOException e) {
            // A server that refuses a body closes before it has read it; what it answered counts.
            if (all.size() == 0) {
                throw e;
            }
        }
        String text = all.toString(StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        String[] head = text.substring(0, end).split("\r\n", -1);
        Map<String, String> headers = new HashMap<>();
        for (int i = 1; i < head.length; i++) {
            String[] header = head[i].split(":\\s*", 2);
            headers.put(header[0].toLowerCase(Locale.ROOT), header[1]);
        }
        return new Response(Integer.parseInt(head[0].split(" ", -1)[1]), headers, text.substring(end + 4));
    }

    /** A socket file that nobody listens on, as a killed agent leaves one. */
    static Path staleSocket(Path path) throws IOException {
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(path));
        }
        return path;
    }

    /** Whether all of the body is there; the server may keep the connection open. */
    private static boolean complete(ByteArrayOutputStream all) {
        String text = all.toString(StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        int end = text.indexOf("\r\n\r\n");
        int length = text.indexOf("content-length:");
        if (end < 0 || length < 0 || length > end) {
            return false;
        }
        String count = text.substring(length + "content-length:".length(), text.indexOf('\r', length));
        return text.length() >= end + 4 + Integer.parseInt(count.strip());
    }

    private static void write(SocketChannel channel, String request) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            // See exchange.
        }
    }
}
