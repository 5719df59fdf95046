// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.backend;

import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.Listening;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code bin/tidemark serve} as a process of its own. */
public final class TidemarkAgent implements Backend {
    private static final Duration START = Duration.ofSeconds(30);

    private final Child child;
    private final List<ServedDisk> disks;
    private final Duration startTime;

    private TidemarkAgent(Child child, List<ServedDisk> disks, Duration startTime) {
        this.child = child;
        this.disks = disks;
        this.startTime = startTime;
    }

    /** Starts an agent and waits until all its sockets listen; its output goes to the log. */
    public static TidemarkAgent start(Path log, ServedDisk... disks) {
        List<String> command = new ArrayList<>(List.of(Checkout.file("bin/tidemark"), "serve"));
        for (ServedDisk disk : disks) {
            command.add("--disk");
            command.add(disk.option());
        }
        long before = System.nanoTime();
        Child child = Child.start("tidemark serve", log, command);
        try {
            for (ServedDisk disk : disks) {
                child.await(disk.socket() + " listens", START, () -> Listening.at(disk.socket()));
            }
        } catch (RuntimeException e) {
            child.close();
            throw e;
        }
        return new TidemarkAgent(child, List.of(disks), Duration.ofNanos(System.nanoTime() - before));
    }

    /** From the start of the process to the last listening socket. */
    public Duration startTime() {
        return startTime;
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
