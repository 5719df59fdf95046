// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How long the start of a program on the JVM may take, on a machine whose host may have other things to do: the time of another
 * one, the compiler, tells how slow it is at the moment. That has been seen to vary by half within an hour.
 */
public final class StartPace {
    /** What the compiler takes for an empty class on a machine at rest of the kind that bars are set on. */
    private static final Duration COMPILER = Duration.ofMillis(600);

    private static final int TRIES = 4;

    private StartPace() {}

    /** Milliseconds: so many, or as many more as the compiler takes more now. */
    public static long millis(long bar) {
        return Math.max(bar, Math.round((double) bar * compiler() / COMPILER.toNanos()));
    }

    /** In nanoseconds, the best of some: whatever else runs can only add. */
    private static long compiler() {
        try {
            Path folder = Files.createTempDirectory("tidemark-pace");
            Path source = Files.writeString(folder.resolve("Empty.java"), "class Empty {}");
            List<String> command = List.of(
                    Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
                    "-J-XX:+UseSerialGC",
                    "-d",
                    folder.toString(),
                    source.toString());
            long best = Long.MAX_VALUE;
            for (int i = 0; i < TRIES; i++) {
                long begin = System.nanoTime();
                Command.run(Duration.ofMinutes(1), command).orThrow("javac");
                best = Math.min(best, System.nanoTime() - begin);
            }
            Files.delete(folder.resolve("Empty.class"));
            Files.delete(source);
            Files.delete(folder);
            return best;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
