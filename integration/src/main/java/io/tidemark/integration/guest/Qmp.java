// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.guest;

import io.tidemark.integration.process.LabException;
import java.nio.file.Path;
import java.time.Duration;

/** QEMU's machine protocol, as far as it is needed. One thread. */
final class Qmp implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final LineSocket socket;

    Qmp(Path path) {
        socket = new LineSocket("QMP", path);
        socket.receive(deadline(), "greeting");
        execute("qmp_capabilities");
    }

    void execute(String command) {
        send(command, "{\"execute\":\"" + command + "\"}");
    }

    /** @param arguments a JSON object. @return the answer, as it came */
    String execute(String command, String arguments) {
        return send(command, "{\"execute\":\"" + command + "\",\"arguments\":" + arguments + "}");
    }

    private String send(String command, String message) {
        socket.send(message);
        while (true) {
            // Events come in between.
            String answer = socket.receive(deadline(), command);
            if (answer.startsWith("{\"return\"")) {
                return answer;
            }
            if (answer.startsWith("{\"error\"")) {
                throw new LabException("QMP: " + command + ": " + answer);
            }
        }
    }

    private static long deadline() {
        return System.nanoTime() + LIMIT.toNanos();
    }

    @Override
    public void close() {
        socket.close();
    }
}
