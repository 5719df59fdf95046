// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.Agent;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.Wiring;
import io.tidemark.agent.config.AgentConfig;
import io.tidemark.agent.config.DiskOption;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.control.ControlServer;
import io.tidemark.agent.control.ControlSocket;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/**
 * {@code tidemark warm-up}: starts an agent with one disk in a temporary folder, asks it, and ends it. The launcher records
 * the AOT cache from this, so that a real start finds its classes loaded and linked.
 */
@Command(name = "warm-up", hidden = true, description = "Does once what an agent does, for the launcher's AOT cache.")
final class WarmUpCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(WarmUpCommand.class);
    private static final long IMAGE_SIZE = 1 << 20;

    private final Wiring wiring;

    WarmUpCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() throws IOException {
        Path folder = Files.createTempDirectory("tidemark");
        try {
            return serveOnce(folder);
        } finally {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private int serveOnce(Path folder) throws IOException {
        Path image = folder.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(IMAGE_SIZE);
        }
        Path control = folder.resolve("control.sock");
        AgentConfig config = new AgentConfig(
                List.of(DiskOption.parse("id=vda,image=raw:" + image + ",socket=" + folder.resolve("vda.sock")
                        + ",store=" + folder.resolve("store"))),
                Optional.of(control));
        ServedDisk.Opener opener = wiring.disks();
        ControlSocket.claim(control);
        try (Agent agent = Agent.start(config, opener);
                ControlServer server = ControlServer.start(agent, control)) {
            ControlClient client = new ControlClient(server.socket());
            StatusReport report = new StatusReport(
                    List.of(new StatusReport.OfAgent(control.toString(), client.agent(), client.disks(), List.of())));
            StatusText.print(report, new PrintWriter(new StringWriter()));
        } catch (AgentException e) {
            log.warn("warm-up without a disk: {}", e.getMessage());
        }
        return ExitCode.OK.number();
    }
}
