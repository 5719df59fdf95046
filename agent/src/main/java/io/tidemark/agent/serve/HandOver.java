// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.status.ProtectionOrder;
import io.tidemark.agent.status.ThrottleLimits;
import io.tidemark.filters.intent.IntentMap;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives all disks of this agent to another one, which listens for that on a socket. Until the word that they are its own, this
 * agent goes on with them if anything fails; from that word on it never touches them again.
 */
public final class HandOver {
    private static final Logger LOG = LoggerFactory.getLogger(HandOver.class);
    private static final long PATIENCE_SECONDS = 20;

    /** How long rings may take to complete what they took; their guests wait meanwhile. */
    private static final long DRAIN_SECONDS = 5;

    private final List<ServedDisk> disks;
    private final List<VhostServer.Pause> pauses = new ArrayList<>();
    private final List<ServedDisk> handedOver = new ArrayList<>();

    /** By disk, once its rings were told to stop. */
    private final List<CompletableFuture<List<SaidAgain>>> stops = new ArrayList<>();

    private final Wakeup patience;
    private final MessageStream stream;
    private final int heir = IntentMap.newHeir();

    private HandOver(List<ServedDisk> disks, MessageStream stream, Wakeup patience) {
        this.disks = disks;
        this.stream = stream;
        this.patience = patience;
    }

    /**
     * Returns when the other agent has the disks. This one is to end then.
     *
     * @throws AgentException when it doesn't get them; this agent serves them on
     */
    public static void to(Path socket, List<ServedDisk> disks) {
        Wakeup patience = new Wakeup();
        boolean given = false;
        // Once the disks are given, the connection stays open until this process ends: so the other sees that it has.
        UnixConnection connection = null;
        try {
            connection = UnixConnection.connect(socket, patience);
            HandOver handOver = new HandOver(disks, new MessageStream(connection), patience);
            long began = handOver.give();
            given = true;
            disks.forEach(disk -> disk.handedOver(handOver.heir));
            handOver.awaitServing(began);
        } catch (IOException e) {
            throw new AgentException(
                    Code.NOT_FOUND,
                    "socket " + socket,
                    "nobody listens there for this agent's disks",
                    "use tidemark serve --take-over");
        } finally {
            if (!given) {
                if (connection != null) {
                    connection.close();
                }
                patience.close();
            }
        }
    }

    /** @return System.nanoTime when the rings were told to stop */
    private long give() {
        CompletableFuture<Void> timer = timer();
        try {
            describe();
            disks.forEach(disk -> disk.shared(true)); // before the guest's pause: it waits for a sync
            long began = System.nanoTime();
            stopRings();
            disks.forEach(this::handOverImage);
            HandOverMessage.GO.to(stream);
            pauses.forEach(VhostServer.Pause::leave);
            return began;
        } catch (Throwable e) {
            handedOver.forEach(HandOver::takeBackImage);
            resume();
            disks.forEach(disk -> disk.shared(false));
            if (e instanceof RuntimeException refused && !(e instanceof AgentException)) {
                throw failed(refused.getMessage());
            }
            throw e;
        } finally {
            timer.cancel(false);
        }
    }

    private void handOverImage(ServedDisk disk) {
        handedOver.add(disk);
        disk.handOverImage();
    }

    /** The other process has changed nothing. */
    private static void takeBackImage(ServedDisk disk) {
        try {
            disk.goOnWithImage();
        } catch (RuntimeException e) {
            LOG.error(
                    "disk {}: can't be written to, start the agent anew: {}",
                    disk.config().id(),
                    e.getMessage());
        }
    }

    private CompletableFuture<Void> timer() {
        return CompletableFuture.runAsync(
                patience::wake, CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    /** Each disk by itself: one whose rings are still draining goes on when they have, and keeps no other waiting. */
    private void resume() {
        for (int i = 0; i < pauses.size(); i++) {
            VhostServer.Pause pause = pauses.get(i);
            CompletableFuture<List<SaidAgain>> stop =
                    i < stops.size() ? stops.get(i) : CompletableFuture.completedFuture(List.of());
            var _ = stop.handle((starts, failure) -> {
                pause.resume();
                return null;
            });
        }
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
                        config.readOnly(),
                        connected,
                        disk.holdsImage(),
                        heir,
                        disk.limitsSet().map(ThrottleLimits::of).orElse(null),
                        disk.protectionSet().map(ProtectionOrder::of).orElse(null)),
                fds);
        for (SaidAgain said : pause.setUp()) {
            said.to(stream);
        }
    }

    /** All disks' at once: so no guest waits for another one's image. */
    private void stopRings() {
        for (VhostServer.Pause pause : pauses) {
            CompletableFuture<List<SaidAgain>> stop = new CompletableFuture<>();
            stops.add(stop);
            Thread.startVirtualThread(() -> stop.completeAsync(pause::stopRings, Runnable::run));
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DRAIN_SECONDS);
        for (int i = 0; i < disks.size(); i++) {
            String disk = disks.get(i).config().id();
            List<SaidAgain> starts = starts(disk, stops.get(i), end - System.nanoTime());
            HandOverMessage.STARTS.to(stream, disk);
            for (SaidAgain said : starts) {
                said.to(stream);
            }
        }
    }

    private static List<SaidAgain> starts(String disk, CompletableFuture<List<SaidAgain>> stop, long nanos) {
        try {
            return stop.get(nanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw failed("disk " + disk + " has not completed its requests within " + DRAIN_SECONDS + " s");
        } catch (ExecutionException e) {
            throw failed(e.getCause().getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("interrupted");
        }
    }

    private void awaitServing(long began) {
        var _ = timer();
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
        LOG.error(
                "the agent that took the disks over has gone, or has not begun to serve them in {} s;"
                        + " start one, the guests wait for it",
                PATIENCE_SECONDS);
    }

    private static AgentException failed(String why) {
        return new AgentException(
                Code.REFUSED, "hand-over", why, "this agent goes on; look at the log of the other one");
    }
}
