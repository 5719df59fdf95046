// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** QEMU's machine protocol (qmp-spec), as far as stopping and resetting a guest needs it. */
final class Qmp implements AutoCloseable {
    private final Path path;
    private final SocketChannel socket;
    private final BufferedReader answers;

    private Qmp(Path path, SocketChannel socket) {
        this.path = path;
        this.socket = socket;
        this.answers = new BufferedReader(Channels.newReader(socket, StandardCharsets.UTF_8));
    }

    /** @throws AgentException UNREACHABLE */
    static Qmp connect(Path path) {
        try {
            SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                socket.connect(UnixDomainSocketAddress.of(path));
                Qmp qmp = new Qmp(path, socket);
                qmp.receive(); // the greeting
                qmp.execute("qmp_capabilities");
                return qmp;
            } catch (IOException | RuntimeException e) {
                socket.close();
                throw e;
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /** Whether the guest's processors run. */
    boolean isRunning() {
        return execute("query-status").path("running").asBoolean();
    }

    JsonNode execute(String command) {
        try {
            byte[] line = ("{\"execute\":\"" + command + "\"}\n").getBytes(StandardCharsets.UTF_8);
            for (ByteBuffer bytes = ByteBuffer.wrap(line); bytes.hasRemaining(); ) {
                socket.write(bytes);
            }
            // Events come in between.
            JsonNode answer = receive();
            while (!answer.has("return") && !answer.has("error")) {
                answer = receive();
            }
            if (answer.has("error")) {
                throw new AgentException(
                        Code.REFUSED,
                        "QEMU at " + path,
                        "it refuses " + command + ": "
                                + answer.path("error").path("desc").asText(),
                        "look at the guest");
            }
            return answer.get("return");
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private JsonNode receive() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("it has closed the connection");
        }
        return Json.read(line.getBytes(StandardCharsets.UTF_8), JsonNode.class);
    }

    private static AgentException failed(Path path, IOException e) {
        return new AgentException(
                Code.UNREACHABLE,
                "QEMU at " + path + ": it does not answer (" + e.getMessage() + "); does it run with -qmp unix:" + path
                        + ",server,nowait, and is nobody else connected?",
                e);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException _) {
            // Nothing was to come any more.
        }
    }
}
