// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
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
    /** Of a new qcow2 image, in bytes: QEMU's default. */
    static final long CLUSTER = 64 << 10;

    /** How many clusters a row allocates; so many rows there may be, and one to warm up. */
    static final int FRESH_CLUSTERS = 1 << 15;

    static final long FRESH_BYTES = FRESH_CLUSTERS * CLUSTER;
    private static final int FRESH_ROWS = 3;
    private static final int CHUNK = 1 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(5);

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

    /** The same content in a new qcow2 image, in which nothing behind that is allocated. */
    Path newQcow2() {
        Path made = images.resolve("disk.qcow2");
        run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", image().toString(), made.toString());
        run("qemu-img", "resize", "-q", "-f", "qcow2", made.toString(), "+" + FRESH_ROWS * FRESH_BYTES);
        return made;
    }

    private static void run(String... command) {
        Command.run(LIMIT, List.of(command)).orThrow(String.join(" ", command));
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
