// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import io.tidemark.integration.backend.ServedDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder with a disk that nobody needs. Closing removes it. */
public final class Scratch implements AutoCloseable {
    private static final long BYTES = 64 << 20;
    private static final int QUEUES = 2;

    private final Path folder;

    public Scratch() {
        try {
            folder = Files.createTempDirectory("conformance");
            try (RandomAccessFile image = new RandomAccessFile(image().toFile(), "rw")) {
                image.setLength(BYTES);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path image() {
        return folder.resolve("disk.img");
    }

    /** Starts the candidate on the disk. */
    public OwnedTarget start(Candidate candidate, boolean readOnly) {
        ServedDisk disk = ServedDisk.of(image(), folder.resolve("disk.sock"), QUEUES);
        ServedDisk served = readOnly ? disk.asReadOnly() : disk;
        return new OwnedTarget(() -> candidate.starter().start(folder.resolve("backend.log"), served));
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
