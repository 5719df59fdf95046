// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.control.ControlClient;
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

    /** The one agent that serves the disk. */
    ControlClient agentOf(String disk) {
        List<Path> sockets = sockets();
        if (sockets.size() == 1) {
            return new ControlClient(sockets.getFirst());
        }
        List<Path> serving = sockets.stream()
                .filter(socket -> new ControlClient(socket).agent().disks().contains(disk))
                .toList();
        return switch (serving.size()) {
            case 0 ->
                throw new AgentException(
                        Code.NOT_FOUND, "disk " + disk, "no running agent serves it", "see tidemark status");
            case 1 -> new ControlClient(serving.getFirst());
            default ->
                throw new AgentException(
                        Code.USAGE,
                        "disk " + disk,
                        serving.size() + " agents serve a disk of that id",
                        "choose one with --control");
        };
    }

    /** The only agent that runs. */
    ControlClient onlyAgent() {
        List<Path> sockets = sockets();
        if (sockets.size() > 1) {
            throw new AgentException(
                    Code.USAGE, "agent", sockets.size() + " of them run here", "choose one with --control");
        }
        return new ControlClient(sockets.getFirst());
    }

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
