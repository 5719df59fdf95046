// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import java.nio.file.Path;

/**
 * What a client sends to have all disks handed over.
 *
 * @param socket where the agent that takes them listens
 */
record HandOverOrder(String socket) {
    /** @throws AgentException USAGE, if it names no socket */
    static Path checked(HandOverOrder order) {
        if (order.socket == null || !order.socket.startsWith("/")) {
            throw new AgentException(
                    Code.USAGE, "hand-over", "no absolute path of a socket is given", "use tidemark serve --take-over");
        }
        return Path.of(order.socket);
    }
}
