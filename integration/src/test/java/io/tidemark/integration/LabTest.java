// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A folder with a disk, a socket and a store; it stays, with all logs, when the test fails. */
abstract class LabTest {
    private static final Pattern COMPARED = Pattern.compile("disk vda: (\\d+) of (\\d+) bytes are compared");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    private int images;

    /** A new image that holds zeros. */
    Path newImage(long bytes) {
        Path image = folder.resolve("image" + images++ + ".img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return image;
    }

    /** A path that nothing has been written to yet. */
    Path newPath() {
        return newPath("img");
    }

    Path newPath(String ending) {
        return folder.resolve("restored" + images++ + "." + ending);
    }

    /** How many bytes were compared with the history at each start that a log tells of. */
    static List<Long> compared(Path log) throws IOException {
        return Files.readAllLines(log).stream()
                .map(COMPARED::matcher)
                .filter(Matcher::find)
                .map(line -> Long.parseLong(line.group(1)))
                .toList();
    }

    /** Writes 4 KiB of a byte. */
    static void write(BlkioDisk disk, long offset, int value) {
        MemorySegment memory = disk.allocate(4096);
        memory.fill((byte) value);
        disk.queue(0).write(offset, memory.address(), memory.byteSize(), 0);
        assertThat(disk.queue(0).submitAndReap(1, 20_000_000_000L)).isEqualTo(1);
    }

    /** An image that an agent has recorded, and left clean: at the next start nothing is compared. */
    Path recordedImage(long bytes) {
        Path image = newImage(bytes);
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        return image;
    }

    Path socket() {
        return folder.resolve("vda.sock");
    }

    Path store() {
        return folder.resolve("store");
    }

    Path log() {
        return folder.resolve("backend.log");
    }

    /** An agent that serves an image with two queues and no capture. */
    TidemarkAgent serve(Path image) {
        return TidemarkAgent.start(log(), ServedDisk.of(image, socket(), 2));
    }

    /** An agent that serves an image with two queues and records it. */
    TidemarkAgent protect(Path image) {
        return TidemarkAgent.start(log(), ServedDisk.captured(image, socket(), 2, store()));
    }
}
