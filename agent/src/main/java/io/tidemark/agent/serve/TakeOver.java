// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.config.AgentConfig;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.disk.ImageException;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageStream;
import io.tidemark.vhost.socket.Fd;
import io.tidemark.vhost.socket.ListeningSocket;
import io.tidemark.vhost.socket.UnixConnection;
import io.tidemark.vhost.socket.Wakeup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes all disks of another agent over, while guests run on them. All is made ready first; then the other stops the rings, and
 * this one starts them. Frontends are told nothing.
 */
public final class TakeOver {
    private static final Logger LOG = LoggerFactory.getLogger(TakeOver.class);

    private final AgentConfig config;
    private final MessageStream stream;
    private final Map<String, VhostDisk> disks = new LinkedHashMap<>();

    private TakeOver(AgentConfig config, MessageStream stream) {
        this.config = config;
        this.stream = stream;
    }

    /**
     * @param config the disks, which are those of the other agent
     * @param control the other agent's control socket
     * @return the disks, which are being served; the other agent has ended
     * @throws AgentException when they can't be had; the other agent serves them on
     */
    public static List<ServedDisk> from(Path control, AgentConfig config, WriteClock clock) {
        ControlClient other = new ControlClient(control);
        Wakeup wakeup = new Wakeup();
        Path folder = privateFolder();
        Path socket = folder.resolve("s");
        try (ListeningSocket listening = ListeningSocket.open(socket, wakeup)) {
            CompletableFuture<Void> asked = CompletableFuture.runAsync(() -> other.handOver(socket))
                    .whenComplete((done, failure) -> {
                        if (failure != null) {
                            wakeup.wake();
                        }
                    });
            try (UnixConnection connection = listening.accept()) {
                if (connection == null) {
                    asked.join();
                }
                TakeOver takeOver = new TakeOver(config, new MessageStream(connection));
                takeOver.run(asked);
                takeOver.protect(clock);
                return List.copyOf(takeOver.disks.values());
            }
        } catch (CompletionException e) {
            throw e.getCause() instanceof AgentException known ? known : e;
        } finally {
            removeFolder(folder);
        }
    }

    private static Path privateFolder() {
        try {
            return Files.createTempDirectory("tidemark");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void removeFolder(Path folder) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            LOG.warn("{} can't be removed", folder, e);
        }
    }

    private void run(CompletableFuture<Void> asked) {
        List<Starts> all;
        try {
            makeReady(asked);
            all = receiveStarts(asked);
        } catch (RuntimeException | Error e) {
            disks.values().forEach(VhostDisk::close);
            throw e;
        }
        // From here on nobody else serves them.
        all.forEach(this::goOn);
        HandOverMessage.SERVING.to(stream);
        disks.values()
                .forEach(disk -> LOG.info(
                        "disk {}: taken over, {} listens on {}",
                        disk.config().id(),
                        disk.config().image(),
                        disk.config().socket()));
    }

    private void goOn(Starts starts) {
        String id = starts.disk.config().id();
        try {
            starts.disk.goOnWithImage();
        } catch (RuntimeException e) {
            // What this process knows of the image may be older than the image.
            LOG.error("disk {}: isn't served any more, start the agent anew: {}", id, e.getMessage());
            disks.remove(id).close();
            return;
        }
        try {
            for (Message message : starts.messages) {
                starts.disk.replay(message);
            }
            starts.disk.goOn();
        } catch (RuntimeException e) {
            LOG.error("disk {}: its guest has to connect anew: {}", id, e.getMessage());
            starts.disk.goOnWithoutFrontend();
        }
    }

    private void makeReady(CompletableFuture<Void> asked) {
        try {
            VhostDisk disk = null;
            Message message = receive(asked);
            while (!HandOverMessage.READY_QUESTION.is(message)) {
                if (HandOverMessage.DISK.is(message)) {
                    disk = adopt(message);
                } else if (disk != null) {
                    disk.replay(message);
                }
                message = receive(asked);
            }
            if (disks.size() < config.disks().size()) {
                throw mismatch("the other agent serves " + disks.size() + " of the "
                        + config.disks().size() + " disks of this one");
            }
        } catch (AgentException | VhostException | ImageException e) {
            HandOverMessage.REFUSED.to(stream, "the new agent: " + e.getMessage());
            // Its answer to the request says the same, in the words that a command ends with.
            asked.join();
            throw e;
        }
        HandOverMessage.READY.to(stream);
    }

    private VhostDisk adopt(Message message) {
        HandOverMessage.Disk given = HandOverMessage.body(message, HandOverMessage.Disk.class);
        DiskConfig wanted = config.disks().stream()
                .filter(disk -> disk.id().equals(given.id()))
                .findFirst()
                .orElseThrow(() -> mismatch("the other agent serves disk " + given.id() + ", which this one doesn't"));
        if (!wanted.image().equals(given.image())
                || !wanted.socket().toString().equals(given.socket())
                || wanted.queues() != given.queues()
                || wanted.readOnly() != given.readOnly()) {
            throw mismatch("disk " + given.id() + " has other settings there: image " + given.image() + ", socket "
                    + given.socket() + ", " + given.queues() + " queues" + (given.readOnly() ? ", read-only" : ""));
        }
        int listener = message.fds().take();
        int connection = given.connected() ? message.fds().take() : Fd.NONE;
        int[] image = new int[message.fds().count()];
        for (int i = 0; i < image.length; i++) {
            image[i] = message.fds().take();
        }
        VhostDisk disk = VhostDisk.adopt(wanted, given.holdsImage(), given.heir(), image, listener, connection);
        disks.put(wanted.id(), disk);
        if (given.throttle() != null) {
            disk.throttle(given.throttle().checked());
        }
        if (given.protection() != null) {
            disk.inheritProtection(given.protection().checked());
        }
        return disk;
    }

    private record Starts(VhostDisk disk, List<Message> messages) {}

    /** Kept until the last word: without that the other agent goes on, and nothing may have been started here. */
    private List<Starts> receiveStarts(CompletableFuture<Void> asked) {
        List<Starts> all = new ArrayList<>();
        Message message = receive(asked);
        while (!HandOverMessage.GO.is(message)) {
            if (HandOverMessage.STARTS.is(message)) {
                all.add(new Starts(disks.get(HandOverMessage.body(message, String.class)), new ArrayList<>()));
            } else {
                all.getLast().messages.add(message);
            }
            message = receive(asked);
        }
        return all;
    }

    private Message receive(CompletableFuture<Void> asked) {
        Message message = stream.receive();
        if (message == null) {
            asked.join();
            throw new AgentException(
                    Code.FAILED,
                    "hand-over",
                    "the other agent has gone meanwhile",
                    "start this one without --take-over");
        }
        return message;
    }

    /** The other agent has the histories until it has ended. */
    private void protect(WriteClock clock) {
        try (Message message = stream.receive()) {
            if (message != null) {
                LOG.warn("the other agent goes on talking, of message {}", message.number());
            }
        } catch (VhostException e) {
            LOG.debug("the other agent has ended", e);
        }
        for (VhostDisk disk : disks.values()) {
            try {
                disk.protect(clock);
            } catch (RuntimeException e) {
                // A disk that is served without protection is better than one that isn't served.
                LOG.error("disk {}: runs without protection: {}", disk.config().id(), e.getMessage());
            }
        }
    }

    private static AgentException mismatch(String what) {
        return new AgentException(
                Code.USAGE, "take-over", what, "give this agent the same disks, with the same settings");
    }
}
