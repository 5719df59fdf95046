// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What {@code qemu-img} says of an image. */
public final class QemuJudge {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private QemuJudge() {}

    /** Whether {@code qemu-img check} finds any corruption. */
    public static boolean isCorrupt(Path image) {
        JsonNode said = said(image);
        return said.path("corruptions").asLong() > 0
                || said.path("check-errors").asLong() > 0;
    }

    /**
     * Whether images that QEMU has just made are ones to begin with: version 7.2 leaves one in some hundreds with an entry that is wrong,
     * marked as corrupt, or with clusters that it can't read itself, when it couldn't do all that it was told to.
     */
    public static boolean areSound(List<Path> images) {
        return images.stream().allMatch(QemuJudge::isSound);
    }

    private static boolean isSound(Path image) {
        try {
            return !isCorrupt(image)
                    && !new PlainQcow2(Files.readAllBytes(image)).isMarkedCorrupt()
                    && isReadable(image);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isReadable(Path image) {
        List<String> command = List.of("qemu-img", "compare", "-q", image.toString(), image.toString());
        return Command.run(LIMIT, command).code() == 0;
    }

    /** Throws unless it finds no corruption, and no more leaks than that. */
    public static void check(Path image, long leaks, String story) {
        JsonNode said = said(image);
        if (said.path("corruptions").asLong() > 0
                || said.path("check-errors").asLong() > 0
                || said.path("leaks").asLong() > leaks) {
            throw new LabException("qemu-img check " + image + ": " + said + "\n" + story);
        }
    }

    private static JsonNode said(Path image) {
        List<String> command = List.of("qemu-img", "check", "--output=json", "-f", "qcow2", image.toString());
        Command check = Command.run(LIMIT, command);
        try {
            return JSON.readTree(check.output());
        } catch (JsonProcessingException e) {
            throw new LabException("qemu-img check: " + check, e);
        }
    }

    /**
     * The disk as QEMU reads it.
     *
     * @param scratch a file to be made, and taken away again
     */
    public static byte[] content(Path image, Path scratch) {
        try {
            byte[] content = Files.readAllBytes(raw(image, scratch));
            Files.delete(scratch);
            return content;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Likewise, as a raw file. @return it */
    public static Path raw(Path image, Path file) {
        List<String> command = List.of("qemu-img", "convert", "-O", "raw", image.toString(), file.toString());
        Command.run(LIMIT, command).orThrow(String.join(" ", command));
        return file;
    }
}
