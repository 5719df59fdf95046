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
import io.tidemark.agent.past.AttachOrder;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
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
 * {@code tidemark warm-up}: starts an agent with a raw and a qcow2 disk in a temporary folder, asks it, and ends it; likewise one with the past of a
 * disk, which it reads. The launcher records the AOT cache from this, so that a real start finds its classes loaded and linked.
 */
@Command(name = "warm-up", hidden = true, description = "Does once what an agent does, for the launcher's AOT cache.")
final class WarmUpCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(WarmUpCommand.class);
    private static final long IMAGE_SIZE = 1 << 20;
    private static final int BLOCK = 4096;
    private static final int WRITES = 1000;

    private final Wiring wiring;

    WarmUpCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() throws IOException {
        Path folder = Files.createTempDirectory("tidemark");
        try {
            serveOnce(folder);
            attachOnce(folder);
            return ExitCode.OK.number();
        } finally {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private void serveOnce(Path folder) throws IOException {
        Path image = folder.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(IMAGE_SIZE);
        }
        ImageName qcow2 = ImageName.parse("qcow2:" + folder.resolve("image.qcow2"));
        Images.create(qcow2, IMAGE_SIZE, false).close();
        Path control = folder.resolve("control.sock");
        AgentConfig config = new AgentConfig(
                List.of(
                        DiskOption.parse("id=vda,image=raw:" + image + ",socket=" + folder.resolve("vda.sock")
                                + ",store=" + folder.resolve("store")),
                        DiskOption.parse("id=vdb,image=" + qcow2 + ",socket=" + folder.resolve("vdb.sock"))),
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
    }

    private void attachOnce(Path folder) {
        StoreName store = StoreName.parse(folder.resolve("past").toString());
        Point at = new Point.WriteNumber(WRITES / 2);
        write(store);
        try (HistoryReader reader = Store.open(store.place()).read("vda");
                PastView view = reader.view(reader.resolve(at))) {
            view.read(0, MemorySegment.ofArray(new byte[BLOCK]));
        }
        AttachOrder order = new AttachOrder(store, "vda", at, new AttachOrder.Refused());
        AgentConfig config = new AgentConfig(
                List.of(AttachCommand.disk("past", order, at.toString(), folder.resolve("past.sock"), 1, true)),
                Optional.empty());
        try (Agent agent = Agent.start(config, disk -> wiring.pasts().open(disk, order))) {
            log.info("{} disk", agent.disks().size());
        } catch (AgentException e) {
            log.warn("warm-up without a past: {}", e.getMessage());
        }
    }

    private static void write(StoreName store) {
        byte[] content = new byte[BLOCK];
        try (HistoryWriter writer = Store.openOrCreate(store.place()).write("vda", IMAGE_SIZE)) {
            for (int number = 1; number <= WRITES; number++) {
                content[0] = (byte) (1 + number % 100);
                writer.write(number, (long) number * BLOCK % IMAGE_SIZE, MemorySegment.ofArray(content));
            }
        }
    }
}
