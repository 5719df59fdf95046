// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.control.ControlSocket;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Which agents to speak to. */
final class ControlOption {
    @Option(
            names = "--control",
            paramLabel = "PATH",
            description = "The agent's control socket (default: all that listen in /run/tidemark for root,"
                    + " else in $$XDG_RUNTIME_DIR/tidemark, else in /tmp/tidemark-USER).")
    private Path control;

    /** @throws AgentException UNREACHABLE, if there is none */
    List<Path> sockets() {
        if (control != null) {
            return List.of(control.toAbsolutePath().normalize());
        }
        Path folder = ControlSocket.folder();
        List<Path> live = ControlSocket.live(folder);
        if (live.isEmpty()) {
            throw new AgentException(
                    Code.UNREACHABLE,
                    "agent",
                    "none listens in " + folder,
                    "start one with tidemark serve, or name its socket with --control");
        }
        return live;
    }
}
