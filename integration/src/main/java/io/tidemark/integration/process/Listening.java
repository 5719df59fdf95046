// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether a Unix socket listens, found without connecting: a backend that serves one connection at a time would take ours for
 * the guest's.
 */
public final class Listening {
    /** __SO_ACCEPTCON in the flags column of /proc/net/unix. */
    private static final String ACCEPTING = "00010000";

    private Listening() {}

    public static boolean at(Path socket) {
        try {
            String path = " " + socket;
            return Files.readAllLines(Path.of("/proc/net/unix")).stream()
                    .anyMatch(line -> line.endsWith(path) && line.contains(ACCEPTING));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
