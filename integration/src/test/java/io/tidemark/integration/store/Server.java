// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** A server of storage in a folder of its own; both are gone when the process ends. */
final class Server {
    private Server() {}

    /** What ends the server. */
    interface End {
        void close();
    }

    static void endsWithProcess(End server, Path folder) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.close();
            remove(folder);
        }));
    }

    private static void remove(Path folder) {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new LabException("can't remove " + folder + ": " + e.getMessage(), e);
        }
    }
}
