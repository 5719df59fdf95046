// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.demo;

import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The demo's files, all in one folder.
 *
 * @param keep leave them there at the end
 */
record Scene(Path folder, boolean keep) implements AutoCloseable {
    private static final long DISK_BYTES = 512L << 20;

    /** A new folder with an empty (sparse) disk. */
    static Scene create(Path parent, boolean keep) {
        try {
            Scene scene = new Scene(Files.createTempDirectory(parent, "tidemark-demo-"), keep);
            try (RandomAccessFile image = new RandomAccessFile(scene.disk().toFile(), "rw")) {
                image.setLength(DISK_BYTES);
            }
            return scene;
        } catch (IOException e) {
            throw new LabException("can't make a disk of 512 MiB in " + parent + ": " + e.getMessage(), e);
        }
    }

    Path disk() {
        return folder.resolve("disk.img");
    }

    Path socket() {
        return folder.resolve("disk.sock");
    }

    Path store() {
        return folder.resolve("store");
    }

    Path restored() {
        return folder.resolve("restored.img");
    }

    Path restoredSocket() {
        return folder.resolve("restored.sock");
    }

    Path log(String name) {
        return folder.resolve(name + ".log");
    }

    @Override
    public void close() {
        if (keep) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new LabException("can't remove " + folder + ": " + e.getMessage(), e);
        }
    }
}
