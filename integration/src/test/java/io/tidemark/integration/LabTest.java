// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A folder with a disk, a socket and a store; it stays, with all logs, when the test fails. */
abstract class LabTest {
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
