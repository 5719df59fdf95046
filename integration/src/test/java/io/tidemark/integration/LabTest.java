// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
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
