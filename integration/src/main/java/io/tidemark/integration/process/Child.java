// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A process that we started, with its output in a log file.
 *
 * <p>It is ended by its own id: {@link #close} asks it to end, waits, then kills it. The log stays.
 */
public final class Child implements AutoCloseable {
    private static final Duration STOP = Duration.ofSeconds(20);

    /** What still runs: it must not outlive us, not even after Ctrl-C. */
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private final String name;
    private final Process process;
    private final Path log;

    private Child(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /** Starts a command; its output is added to the log. */
    public static Child start(String name, Path log, List<String> command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.redirectInput(
                    ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
            builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            Process process = builder.start();
            RUNNING.add(process);
            return new Child(name, process, log);
        } catch (IOException e) {
            throw new LabException(name + ": can't start " + command.getFirst() + ": " + e.getMessage(), e);
        }
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for a condition that this process brings about; fails at once if the process ends first. */
    public void await(String what, Duration limit, BooleanSupplier condition) {
        try {
            Await.until(name + ": " + what, limit, () -> {
                if (condition.getAsBoolean()) {
                    return true;
                }
                if (!process.isAlive()) {
                    throw new LabException(name + ": ended with code " + process.exitValue() + " before " + what);
                }
                return false;
            });
        } catch (LabException e) {
            throw new LabException(e.getMessage() + "\n" + tail(), e);
        }
    }

    /** Waits for the process to end by itself and returns its exit code. */
    public int exit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new LabException(name + ": still runs after " + limit.toSeconds() + " s\n" + tail());
            }
            RUNNING.remove(process);
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException(name + ": interrupted while waiting for its end", e);
        }
    }

    /** SIGTERM, then the exit code. */
    public int terminate() {
        process.destroy();
        return exit(STOP);
    }

    /** SIGKILL; returns when the process is gone. */
    public void kill() {
        process.destroyForcibly();
        exit(STOP);
    }

    /** The last lines of the log, for error messages. */
    public String tail() {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
            int from = Math.max(0, lines.size() - 15);
            return "  log " + log + ":\n    " + String.join("\n    ", lines.subList(from, lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (!process.isAlive()) {
            return;
        }
        process.destroy();
        try {
            if (process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
