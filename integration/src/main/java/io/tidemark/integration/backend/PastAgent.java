// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.backend;

import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.Listening;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code bin/tidemark attach} as a process of its own: disk vda as it was. */
public final class PastAgent implements Backend {
    private static final Duration START = Duration.ofSeconds(30);

    private final Child child;
    private final Path socket;

    private PastAgent(Child child, Path socket) {
        this.child = child;
        this.socket = socket;
    }

    /** Starts it and waits until its socket listens; its output goes to the log. */
    public static PastAgent start(Path log, Path store, String point, Path socket, String... options) {
        List<String> command = new ArrayList<>(List.of(
                Checkout.file("bin/tidemark"),
                "attach",
                "vda",
                "--store",
                store.toString(),
                "--at",
                point,
                "--socket"));
        command.addAll(List.of(socket.toString(), "--queues", "2", "--control", socket + ".control"));
        command.addAll(List.of(options));
        Child child = Child.start("tidemark attach", log, command);
        try {
            child.await(socket + " listens", START, () -> Listening.at(socket));
        } catch (RuntimeException e) {
            child.close();
            throw e;
        }
        return new PastAgent(child, socket);
    }

    /** SIGTERM; the exit code. */
    public int terminate() {
        return child.terminate();
    }

    @Override
    public Path socket() {
        return socket;
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
