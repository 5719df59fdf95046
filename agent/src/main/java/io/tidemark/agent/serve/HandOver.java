// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.status.ThrottleLimits;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostServer;
import io.tidemark.vhost.handover.SaidAgain;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageStream;
import io.tidemark.vhost.socket.Fd;
import io.tidemark.vhost.socket.UnixConnection;
import io.tidemark.vhost.socket.Wakeup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives all disks of this agent to another one, which listens for that on a socket. Until the word that they are its own, this
 * agent goes on with them if anything fails; from that word on it never touches them again.
 */
public final class HandOver {
    private static final Logger LOG = LoggerFactory.getLogger(HandOver.class);
    private static final long PATIENCE_SECONDS = 20;

    private final List<ServedDisk> disks;
    private final List<VhostServer.Pause> pauses = new ArrayList<>();

    /** Stays open until this process ends: so the other sees that it has. */
    private final MessageStream stream;

    private HandOver(List<ServedDisk> disks, MessageStream stream) {
        this.disks = disks;
        this.stream = stream;
    }

    /**
     * Returns when the other agent has the disks. This one is to end then.
     *
     * @throws AgentException when it doesn't get them; this agent serves them on
     */
    public static void to(Path socket, List<ServedDisk> disks) {
        Wakeup patience = new Wakeup();
        try {
            HandOver handOver = new HandOver(disks, new MessageStream(UnixConnection.connect(socket, patience)));
            var timer = CompletableFuture.runAsync(
                    patience::wake, CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS));
            try {
                handOver.run();
            } finally {
                timer.cancel(false);
            }
        } catch (IOException e) {
            throw new AgentException(
                    Code.NOT_FOUND,
                    "socket " + socket,
                    "nobody listens there for this agent's disks",
                    "use tidemark serve --take-over");
        }
    }

    private void run() {
        long began;
        try {
            describe();
            began = System.nanoTime();
            stopRings();
            HandOverMessage.GO.to(stream);
        } catch (RuntimeException e) {
            pauses.forEach(VhostServer.Pause::resume);
            throw e instanceof AgentException ? e : failed(e.getMessage());
        }
        pauses.forEach(VhostServer.Pause::leave);
        awaitServing(began);
    }

    private void describe() {
        for (ServedDisk disk : disks) {
            VhostServer.Pause pause = disk.pause();
            pauses.add(pause);
            describe(disk, pause);
        }
        HandOverMessage.READY_QUESTION.to(stream);
        try (Message answer = stream.receive()) {
            if (answer != null && HandOverMessage.REFUSED.is(answer)) {
                throw new AgentException(Code.REFUSED, HandOverMessage.body(answer, String.class), null);
            }
            if (answer == null || !HandOverMessage.READY.is(answer)) {
                throw failed("the other agent has gone, or is not ready after " + PATIENCE_SECONDS + " s");
            }
        }
    }

    private void describe(ServedDisk disk, VhostServer.Pause pause) {
        DiskConfig config = disk.config();
        int[] image = disk.imageDescriptors();
        if (image.length == 0) {
            throw failed("image " + config.image() + " can't be shared by two agents");
        }
        boolean connected = pause.connection() != Fd.NONE;
        int[] fds = new int[(connected ? 2 : 1) + image.length];
        fds[0] = pause.listener();
        fds[1] = pause.connection();
        System.arraycopy(image, 0, fds, fds.length - image.length, image.length);
        HandOverMessage.DISK.to(
                stream,
                new HandOverMessage.Disk(
                        config.id(),
                        config.image(),
                        config.socket().toString(),
                        config.queues(),
                        connected,
                        disk.holdsImage(),
                        disk.limitsSet().map(ThrottleLimits::of).orElse(null)),
                fds);
        for (SaidAgain said : pause.setUp()) {
            said.to(stream);
        }
    }

    private void stopRings() {
        for (int i = 0; i < disks.size(); i++) {
            List<SaidAgain> starts = pauses.get(i).stopRings();
            HandOverMessage.STARTS.to(stream, disks.get(i).config().id());
            for (SaidAgain said : starts) {
                said.to(stream);
            }
        }
    }

    private void awaitServing(long began) {
        try (Message answer = stream.receive()) {
            if (answer != null && HandOverMessage.SERVING.is(answer)) {
                LOG.info(
                        "{} disks are served by another agent; their rings stood still for {} ms",
                        disks.size(),
                        (System.nanoTime() - began) / 100_000 / 10.0);
                return;
            }
        } catch (VhostException e) {
            LOG.debug("hand-over", e);
        }
        LOG.error("the agent that took the disks over has gone; start one, the guests wait for it");
    }

    private static AgentException failed(String why) {
        return new AgentException(
                Code.REFUSED, "hand-over", why, "this agent goes on; look at the log of the other one");
    }
}
