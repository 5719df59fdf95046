// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.backend;

import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.LabException;
import io.tidemark.integration.process.Listening;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** {@code bin/tidemark serve} as a process of its own. */
public final class TidemarkAgent implements Backend {
    private static final Duration START = Duration.ofSeconds(30);

    private final Child child;
    private final List<ServedDisk> disks;
    private final Path control;
    private final Duration startTime;
    /** One for all questions: each keeps its connection, and who counts the agent's sockets counts it. */
    private final ControlClient client;

    private TidemarkAgent(Child child, List<ServedDisk> disks, Path control, Duration startTime) {
        this.child = child;
        this.disks = disks;
        this.control = control;
        this.startTime = startTime;
        this.client = new ControlClient(control);
    }

    /** Starts an agent and waits until all its sockets listen; its output goes to the log. */
    public static TidemarkAgent start(Path log, ServedDisk... disks) {
        return start(log, List.of(), disks);
    }

    /** Likewise, for a guest that is going to be moved here. */
    public static TidemarkAgent startIncoming(Path log, ServedDisk... disks) {
        return start(log, List.of("--incoming"), disks);
    }

    /** Likewise, with log segments of that many bytes: a short history has many of them. */
    public static TidemarkAgent startWithLogSegments(Path log, long bytes, ServedDisk... disks) {
        List<String> command = new ArrayList<>(List.of("env", "TIDEMARK_JAVA_OPTIONS=-Dtidemark.log-segment=" + bytes));
        command.addAll(command(List.of(disks), control(disks)));
        return run(log, command, disks);
    }

    private static TidemarkAgent start(Path log, List<String> options, ServedDisk... disks) {
        List<String> command = command(List.of(disks), control(disks));
        command.addAll(options);
        return run(log, command, disks);
    }

    private static Path control(ServedDisk... disks) {
        return Path.of(disks[0].socket() + ".control");
    }

    private static TidemarkAgent run(Path log, List<String> command, ServedDisk... disks) {
        Path control = control(disks);
        long before = System.nanoTime();
        Child child = Child.start("tidemark serve", log, command);
        Duration startTime;
        try {
            for (ServedDisk disk : disks) {
                child.await(disk.socket() + " listens", START, () -> Listening.at(disk.socket()));
            }
            startTime = Duration.ofNanos(System.nanoTime() - before);
            // It is moved into place when it listens.
            child.await(control + " is there", START, () -> Files.exists(control));
        } catch (RuntimeException e) {
            child.close();
            throw e;
        }
        return new TidemarkAgent(child, List.of(disks), control, startTime);
    }

    private static List<String> command(List<ServedDisk> disks, Path control) {
        List<String> command = new ArrayList<>(List.of(Checkout.file("bin/tidemark"), "serve"));
        for (ServedDisk disk : disks) {
            command.add("--disk");
            command.add(disk.option());
        }
        command.addAll(List.of("--control", control.toString()));
        return command;
    }

    /** Starts an agent that takes this one's disks over, on the same control socket; returns when this one has ended. */
    public TidemarkAgent takenOver(Path log) {
        List<String> command = command(disks, control);
        command.addAll(List.of("--take-over", control.toString()));
        Child heir = Child.start("tidemark serve --take-over", log, command);
        try {
            heir.await("the other agent has ended", START, () -> !child.isAlive());
            heir.await(control + " is there", START, () -> Files.exists(control));
        } catch (RuntimeException e) {
            heir.close();
            throw e;
        }
        return new TidemarkAgent(heir, disks, control, Duration.ZERO);
    }

    /** Starts an agent that takes this one's disks over, and kills it when its log says this; returns when both have ended. */
    public void takenOverAndKilled(Path log, String words) {
        List<String> command = command(disks, control);
        command.addAll(List.of("--take-over", control.toString()));
        try (Child heir = Child.start("tidemark serve --take-over", log, command)) {
            heir.await("its log says " + words, START, () -> heir.tail().contains(words));
            heir.kill();
            Await.until("the other agent has ended", START, () -> !child.isAlive());
        }
    }

    /** From the start of the process to the last listening socket. */
    public Duration startTime() {
        return startTime;
    }

    /** What the control API says of the first disk. */
    public DiskStatus status() {
        return client.disks().getFirst();
    }

    /** Waits until every change of the first disk is recorded singly, and durable. */
    public void awaitCaughtUp() {
        Await.until("a history that has caught up", Duration.ofMinutes(2), () -> {
            ProtectionStatus now = status().protection();
            return now.state() == ProtectionStatus.State.PROTECTED && now.lagWrites() == 0;
        });
    }

    /** Waits until the protection of the first disk is in this state, and returns what it says of itself then. */
    public ProtectionStatus awaitState(ProtectionStatus.State state, Duration limit) {
        return awaitProtection(state.toString(), limit, now -> now.state() == state);
    }

    /** Waits until the protection of the first disk says of itself what is looked for, and returns that. */
    public ProtectionStatus awaitProtection(String what, Duration limit, Predicate<ProtectionStatus> wanted) {
        ProtectionStatus[] last = new ProtectionStatus[1];
        try {
            child.await("protection: " + what, limit, () -> {
                last[0] = status().protection();
                return wanted.test(last[0]);
            });
        } catch (LabException e) {
            throw new LabException(e.getMessage() + "\n  it is " + last[0], e);
        }
        return last[0];
    }

    /** Its control socket. */
    public Path control() {
        return control;
    }

    /** SIGTERM; the exit code. */
    public int terminate() {
        return child.terminate();
    }

    @Override
    public Path socket() {
        return disks.getFirst().socket();
    }

    @Override
    public long pid() {
        return child.pid();
    }

    @Override
    public boolean isAlive() {
        return child.isAlive();
    }

    @Override
    public void kill() {
        child.kill();
    }

    @Override
    public void close() {
        child.close();
    }
}
