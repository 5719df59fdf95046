// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Agent;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.Wiring;
import io.tidemark.agent.config.AgentConfig;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.config.StateFolder;
import io.tidemark.agent.control.ControlServer;
import io.tidemark.agent.control.ControlSocket;
import io.tidemark.agent.past.AttachOrder;
import io.tidemark.agent.past.AttachOrder.Changes;
import io.tidemark.agent.past.AttachOrder.Kept;
import io.tidemark.agent.past.AttachOrder.Refused;
import io.tidemark.agent.past.AttachOrder.ThrownAway;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.throttle.Limits;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark attach}: the past as a disk. */
@Command(
        name = "attach",
        description = {
            "Serves a disk as it was at a point of its history, at once, until SIGTERM or SIGINT.",
            "The disk itself may be running. What is written to its past is thrown away at the end, or kept."
        },
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class AttachCommand implements Callable<Integer> {
    private final Wiring wiring;
    private final Termination termination;

    @Parameters(paramLabel = "DISK", description = "The disk's id in the store.")
    private String disk;

    @Mixin
    private StoreOption store;

    @Mixin
    private PointOption at;

    @Option(names = "--socket", required = true, paramLabel = "PATH", description = "Where the frontend connects.")
    private Path socket;

    @Option(names = "--id", paramLabel = "ID", description = "What to call it (default: DISK-past).")
    private String id;

    @Option(
            names = "--queues",
            paramLabel = "N",
            defaultValue = "1",
            description = "Queues that the guest may use (default: 1).")
    private int queues;

    @Option(
            names = "--control",
            paramLabel = "PATH",
            description = "Socket of the control API (default: as for serve).")
    private Path control;

    @ArgGroup
    private Destiny destiny = new Destiny();

    /** What becomes of what is written. */
    private static final class Destiny {
        @Option(names = "--read-only", description = "Take no changes.")
        private boolean readOnly;

        @Option(
                names = "--overlay",
                paramLabel = "raw:PATH",
                description =
                        "Keep changes in this image, and in PATH.overlay where they are. With an overlay that was kept"
                                + " from the same point, go on.")
        private String overlay;

        @Option(
                names = "--keep",
                paramLabel = "raw:PATH",
                description = "Keep all of the disk in this image: changes at once, everything else while it is served."
                        + " When PATH.overlay is gone, the image needs the store no more.")
        private String keep;

        @Option(
                names = "--scratch",
                paramLabel = "DIR",
                defaultValue = "/var/tmp",
                description = "Where changes are until they are thrown away (default: /var/tmp).")
        private Path scratch = Path.of("/var/tmp");
    }

    AttachCommand(Wiring wiring, Termination termination) {
        this.wiring = wiring;
        this.termination = termination;
    }

    @Override
    public Integer call() {
        AttachOrder order = order();
        DiskConfig as = disk(id == null ? disk + "-past" : id, order, at.text(), socket, queues, destiny.readOnly);
        Path path = control == null
                ? ControlSocket.ofThisProcess()
                : control.toAbsolutePath().normalize();
        termination.install();
        ControlSocket.claim(path);
        var log = LoggerFactory.getLogger(AttachCommand.class);
        try (Agent agent = Agent.start(
                new AgentConfig(List.of(as), Optional.of(path)),
                config -> wiring.pasts().open(config, order))) {
            log.info("ready");
            try (ControlServer server = ControlServer.start(agent, path)) {
                log.info("control API listens on {}", server.socket());
                termination.await();
                log.info("ending");
            }
        }
        return ExitCode.OK.number();
    }

    /** The past as a disk. */
    static DiskConfig disk(String id, AttachOrder order, String at, Path socket, int queues, boolean readOnly) {
        return new DiskConfig(
                id,
                "past:" + order.store() + "/" + order.disk() + "@" + at,
                socket.toAbsolutePath().normalize(),
                queues,
                readOnly,
                Optional.empty(),
                StateFolder.byDefault(),
                Durability.ASYNC,
                0,
                Limits.NONE,
                Optional.empty());
    }

    private AttachOrder order() {
        try {
            return new AttachOrder(store.name(), disk, at.point(), changes());
        } catch (ImageException e) {
            throw AgentException.of(e);
        }
    }

    private Changes changes() {
        if (destiny.readOnly) {
            return new Refused();
        }
        if (destiny.overlay != null) {
            return new Kept(ImageName.parse(destiny.overlay), false);
        }
        if (destiny.keep != null) {
            return new Kept(ImageName.parse(destiny.keep), true);
        }
        return new ThrownAway(destiny.scratch);
    }
}
