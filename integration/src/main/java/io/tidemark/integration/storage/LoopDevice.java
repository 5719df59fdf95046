// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.storage;

import io.tidemark.integration.process.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A block device over a file. Needs root. */
public final class LoopDevice implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Path device;

    private LoopDevice(Path device) {
        this.device = device;
    }

    public static LoopDevice over(Path file) {
        return new LoopDevice(
                Path.of(run("losetup", "--find", "--show", file.toString()).strip()));
    }

    public Path device() {
        return device;
    }

    /** The locks on open descriptions of it, whether or not a process still has one of these. */
    public List<String> locks() {
        try {
            String inode = ":" + Files.getAttribute(device, "unix:ino") + " ";
            return Files.readAllLines(Path.of("/proc/locks")).stream()
                    .filter(line -> line.contains("OFDLCK") && line.contains(inode))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String run(String... command) {
        return Command.run(LIMIT, List.of(command))
                .orThrow(String.join(" ", command))
                .output();
    }

    @Override
    public void close() {
        run("losetup", "--detach", device.toString());
    }
}
