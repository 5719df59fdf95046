// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent;

import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.config.AgentConfig;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.serve.HandOver;
import io.tidemark.agent.serve.MarkAnswers;
import io.tidemark.agent.status.AgentStatus;
import io.tidemark.agent.status.CutStatus;
import io.tidemark.agent.status.MarkStatus;
import io.tidemark.disk.ImageException;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.capture.Cut;
import io.tidemark.filters.protect.ConsistentCut;
import io.tidemark.filters.protect.Protection;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The disks that this process serves, from the opening of the first to the closing of the last. */
public final class Agent implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Agent.class);

    private final Instant started = Clock.systemUTC().instant();
    private final List<ServedDisk> disks = new ArrayList<>();
    private final ConsistentCut cuts = new ConsistentCut();

    private volatile Runnable whenHandedOver = () -> {};

    private Agent() {}

    /**
     * Opens all disks. Their sockets listen when this returns.
     *
     * @throws AgentException if one can't be served; those before it are closed again
     */
    public static Agent start(AgentConfig config, ServedDisk.Opener opener) {
        Agent agent = new Agent();
        try {
            for (DiskConfig disk : config.disks()) {
                agent.disks.add(opener.open(disk));
                log.info("disk {}: {} listens on {}", disk.id(), disk.image(), disk.socket());
            }
            return agent;
        } catch (ImageException e) {
            agent.close();
            throw AgentException.of(e);
        } catch (RuntimeException | Error e) {
            agent.close();
            throw e;
        }
    }

    /** Goes on with the disks of an agent that has run until now, without their guests noticing. */
    public static Agent takeOver(AgentConfig config, Path control, Wiring.Heir heir) {
        Agent agent = new Agent();
        agent.disks.addAll(heir.takeOver(control, config));
        return agent;
    }

    /**
     * Gives all disks to the agent that listens for them on the socket. When this returns it has them, and this one is asked to
     * end.
     *
     * @throws AgentException if it doesn't get them; this agent goes on
     */
    public void handOver(Path socket) {
        HandOver.to(socket, disks());
        whenHandedOver.run();
    }

    /** What is done when another agent has the disks. */
    public void whenHandedOver(Runnable action) {
        whenHandedOver = action;
    }

    public List<ServedDisk> disks() {
        return List.copyOf(disks);
    }

    public Optional<ServedDisk> disk(String id) {
        return disks.stream().filter(disk -> disk.config().id().equals(id)).findFirst();
    }

    /**
     * Gives one moment of several disks a name in their histories, and waits until the stores have it, but not for long.
     *
     * @param ids the disks'; none for all
     * @throws AgentException NOT_FOUND, or REFUSED naming the disk that keeps it from being set, IO if a history loses its mark
     */
    public CutStatus mark(String name, Optional<List<String>> ids) {
        List<ServedDisk> chosen = ids.map(some -> some.stream()
                        .map(id -> disk(id).orElseThrow(() -> notServed(id)))
                        .toList())
                .orElseGet(this::disks);
        List<Protection> protections = chosen.stream()
                .map(disk -> disk.protection()
                        .orElseThrow(() -> new AgentException(
                                Code.REFUSED,
                                "disk " + disk.config().id(),
                                "it has no history to mark",
                                "protect it first, or leave it out")))
                .toList();
        try {
            Cut cut = cuts.make(name, protections);
            MarkAnswers answers = new MarkAnswers(name);
            List<MarkStatus> marks = IntStream.range(0, chosen.size())
                    .mapToObj(i ->
                            answers.of(chosen.get(i).config().id(), cut.marks().get(i)))
                    .toList();
            return new CutStatus(name, marks);
        } catch (FilterException e) {
            throw new AgentException(Code.REFUSED, e.getMessage(), e);
        }
    }

    /** What is said of a disk that this agent doesn't have. */
    public static AgentException notServed(String id) {
        return new AgentException(
                Code.NOT_FOUND, "disk " + id, "this agent does not serve it", "see GET /v1/disks for those it serves");
    }

    /** The marks over several disks, counted. */
    public ConsistentCut cuts() {
        return cuts;
    }

    public AgentStatus status() {
        Instant now = Clock.systemUTC().instant();
        return new AgentStatus(
                Version.current(),
                ProcessHandle.current().pid(),
                started,
                Duration.between(started, now).toMillis() / 1000.0,
                disks.stream().map(disk -> disk.config().id()).toList());
    }

    /** Closes all disks. One that fails to close keeps none of the others from it. */
    @Override
    public void close() {
        for (ServedDisk disk : disks.reversed()) {
            try {
                disk.close();
            } catch (RuntimeException e) {
                log.error("disk {}: did not close cleanly", disk.config().id(), e);
            }
        }
        disks.clear();
    }
}
