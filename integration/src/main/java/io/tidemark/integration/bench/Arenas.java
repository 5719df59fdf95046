// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * The files of a benchmark: one image that all contenders serve in turn, a store, a socket, logs.
 *
 * @param images the folder of the image, on tmpfs or a disk
 * @param work the folder of the store, the socket and the logs
 */
record Arenas(Path images, Path work) implements AutoCloseable {
    private static final int CHUNK = 1 << 20;

    static Arenas create(Path imageParent, Path workParent, long imageBytes) {
        try {
            Files.createDirectories(workParent);
            Arenas arenas = new Arenas(
                    Files.createTempDirectory(imageParent, "tidemark-bench-"),
                    Files.createTempDirectory(workParent, "tidemark-bench-"));
            arenas.fillImage(imageBytes);
            return arenas;
        } catch (IOException e) {
            throw new LabException("can't make an image of " + imageBytes + " bytes in " + imageParent, e);
        }
    }

    Path image() {
        return images.resolve("disk.img");
    }

    Path socket() {
        return work.resolve("disk.sock");
    }

    Path log(Contender contender) {
        return work.resolve(contender.name().toLowerCase(Locale.ROOT) + ".log");
    }

    /** An empty store; what the last one held is gone. */
    Path newStore() {
        delete(store());
        delete(socket().resolveSibling("state")); // it knows of the former store, and would wait for that
        return store();
    }

    Path store() {
        return work.resolve("store");
    }

    /** Every block allocated and random, so that no contender reads a hole. */
    private void fillImage(long bytes) throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
        try (FileChannel file = FileChannel.open(image(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < bytes; at += CHUNK) {
                chunk.clear();
                while (chunk.hasRemaining()) {
                    chunk.putLong(random.nextLong());
                }
                chunk.flip();
                while (chunk.hasRemaining()) {
                    file.write(chunk);
                }
            }
            file.force(true);
        }
    }

    private static void delete(Path tree) {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        delete(images);
        delete(work);
    }
}
