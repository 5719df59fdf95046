// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.conformance;

import io.tidemark.disk.ImageName;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Raw files on the build's own file system. */
class FileConformanceTest extends ImageConformanceTest {
    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory(parent(), "tidemark-conformance").toAbsolutePath();
    }

    final Path folder() {
        return folder;
    }

    Path parent() {
        return Path.of("target");
    }

    @AfterEach
    void removeFolder() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    @Override
    protected ImageName make(long capacity) throws IOException {
        Path file = folder.resolve("made.img");
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(capacity);
        }
        return ImageName.parse("raw:" + file);
    }

    @Override
    protected ImageName missing() {
        return ImageName.parse("raw:" + folder.resolve("missing.img"));
    }
}
