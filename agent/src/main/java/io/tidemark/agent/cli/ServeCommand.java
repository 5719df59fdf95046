// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Agent;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.Wiring;
import io.tidemark.agent.config.AgentConfig;
import io.tidemark.agent.config.ConfigFile;
import io.tidemark.agent.config.DiskOption;
import io.tidemark.agent.control.ControlServer;
import io.tidemark.agent.control.ControlSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tidemark serve}: the agent. */
@Command(
        name = "serve",
        description = "Serves disks to QEMU until SIGTERM or SIGINT. Ready when it says so: the sockets listen.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class,
        footer = {
            "",
            "A configuration file has the same keys:",
            "  control: /run/vm1/tidemark.sock",
            "  disks:",
            "    - id: vda",
            "      image: raw:/srv/vm1.img",
            "      socket: /run/vm1/vda.sock",
            "      queues: 2",
            "      read-only: off",
            "      store: /srv/store",
            "      state: /var/lib/tidemark",
            "      durability: async",
            "      spool: 1G",
            "      throttle:",
            "        iops: 2000",
            "        iops-burst: 4000",
            "        bps: 100M"
        })
final class ServeCommand implements Callable<Integer> {
    private final Wiring wiring;
    private final Termination termination;

    @ArgGroup(multiplicity = "1")
    private Source source;

    @Option(
            names = "--control",
            paramLabel = "PATH",
            description = "Socket of the control API (default: agent-PID.sock in /run/tidemark for root,"
                    + " else in $$XDG_RUNTIME_DIR/tidemark, else in /tmp/tidemark-USER).")
    private Path control;

    @Option(
            names = "--take-over",
            paramLabel = "PATH",
            description = "Take these disks over from the running agent with this control socket; guests don't notice.")
    private Path predecessor;

    @Option(
            names = "--incoming",
            description =
                    "The guest is going to be migrated here (QEMU's -incoming): use the images, which another agent has"
                            + " until then, when the guest begins to run.")
    private boolean incoming;

    ServeCommand(Wiring wiring, Termination termination) {
        this.wiring = wiring;
        this.termination = termination;
    }

    @Override
    public Integer call() {
        if (incoming && predecessor != null) {
            throw new AgentException(
                    Code.USAGE,
                    "--incoming",
                    "the disks of --take-over are here already",
                    "give one of them; a disk that is still elsewhere stays so when it is taken over");
        }
        AgentConfig config = config();
        Path path = config.control().orElseGet(ControlSocket::ofThisProcess);
        termination.install();
        Logger log = LoggerFactory.getLogger(ServeCommand.class);
        boolean inherited =
                predecessor != null && path.equals(predecessor.toAbsolutePath().normalize());
        if (!inherited) {
            ControlSocket.claim(path);
        }
        try (Agent agent = predecessor == null
                ? Agent.start(config, incoming ? wiring.incoming() : wiring.disks())
                : Agent.takeOver(config, predecessor.toAbsolutePath().normalize(), wiring.heir())) {
            agent.whenHandedOver(termination::ask);
            log.info("ready");
            // The HTTP server takes longer to start than the disks, and no guest waits for it.
            try (ControlServer server = control(agent, path, inherited)) {
                termination.await();
                log.info("ending");
            }
        }
        return ExitCode.OK.number();
    }

    /** Null if there can be none and guests run already, who are not to suffer from that. */
    private ControlServer control(Agent agent, Path path, boolean inherited) {
        Logger log = LoggerFactory.getLogger(ServeCommand.class);
        try {
            if (inherited) {
                ControlSocket.claim(path);
            }
            ControlServer server = ControlServer.start(agent, path);
            log.info("control API listens on {}", server.socket());
            return server;
        } catch (RuntimeException e) {
            if (predecessor == null) {
                throw e;
            }
            log.error("the disks are served, without a control API: {}", e.getMessage());
            return null;
        }
    }

    private AgentConfig config() {
        AgentConfig config = source.file == null
                ? new AgentConfig(source.disks.stream().map(DiskOption::parse).toList(), Optional.empty())
                : ConfigFile.read(source.file);
        if (control == null) {
            return config;
        }
        if (config.control().isPresent()) {
            throw new AgentException(
                    Code.USAGE, "--control", "the configuration file names a control socket too", "give it once");
        }
        return config.withControl(control.toAbsolutePath().normalize());
    }

    /** Either disks or a file. */
    private static final class Source {
        @Option(
                names = "--disk",
                paramLabel = "KEY=VALUE,…",
                description = "A disk: id=ID,image=raw:PATH,socket=PATH[,queues=N][,read-only=on][,store=DIR]"
                        + "[,throttle.iops=N][,throttle.bps=N]…;"
                        + " can be repeated. Without a store nothing is recorded. A comma in a value is written twice.")
        private List<String> disks;

        @Option(names = "--config", paramLabel = "FILE", description = "Disks and control socket in a YAML file.")
        private Path file;
    }
}
