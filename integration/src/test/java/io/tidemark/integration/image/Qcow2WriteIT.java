// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.qcow2.NewImage;
import io.tidemark.disk.qcow2.Preallocation;
import io.tidemark.disk.qcow2.Qcow2Image;
import io.tidemark.disk.qcow2.RandomWork;
import io.tidemark.integration.process.Command;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Images under random work, judged by QEMU afterwards: {@code qemu-img check} finds nothing, and {@code qemu-img compare} reads what was
 * written. {@code -Dtidemark.images=N} for more of them, {@code -Dtidemark.seed=N} for the same again.
 */
class Qcow2WriteIT {
    private static final int IMAGES = Integer.getInteger("tidemark.images", 60);
    private static final long SEED = Long.getLong("tidemark.seed", System.nanoTime());
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int STEPS = 300;

    /** A disk's file system, and one in memory, which goes another way. */
    @ParameterizedTest
    @ValueSource(strings = {"target", "/dev/shm"})
    void imagesThatQemuMadeStaySound(String where) throws IOException {
        Path folder = Files.createTempDirectory(Path.of(where).toAbsolutePath(), "tidemark-qcow2");
        try {
            for (int i = 0; i < IMAGES / 2; i++) {
                MadeByQemu qemu = new MadeByQemu(folder, SEED + i).toBeWritten();
                Path path = qemu.make();
                Path expected = folder.resolve("expected");
                if (qemu.convert(path, expected)) {
                    work(path, Files.readAllBytes(expected), SEED + i, "seed " + (SEED + i) + "\n" + qemu.story());
                }
                clear(folder);
            }
        } finally {
            clear(folder);
            Files.delete(folder);
        }
    }

    @Test
    void newImagesAreSound() throws IOException {
        Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "tidemark-qcow2");
        try {
            for (int i = 0; i < IMAGES / 2; i++) {
                Random random = new Random(SEED + i);
                NewImage like = like(random);
                Path path = folder.resolve("new.qcow2");
                Qcow2Image.create(name(path), like, true).close();
                work(path, new byte[(int) like.size()], SEED + i, "seed " + (SEED + i) + ", " + like);
            }
        } finally {
            clear(folder);
            Files.delete(folder);
        }
    }

    private static NewImage like(Random random) {
        boolean three = random.nextInt(4) > 0;
        Preallocation[] all = Preallocation.values();
        return NewImage.of(512 * (1 + random.nextLong(6000)))
                .withVersion(three ? 3 : 2)
                .withClusterSize(512 << random.nextInt(13))
                .withRefcountBits(three ? 1 << random.nextInt(7) : 16)
                .withLazyRefcounts(three && random.nextInt(3) == 0)
                .withPreallocation(random.nextBoolean() ? Preallocation.OFF : all[random.nextInt(all.length)]);
    }

    private static void work(Path path, byte[] model, long seed, String story) throws IOException {
        Verdict before = qemu(path);
        try (Qcow2Image image = Qcow2Image.open(name(path), false)) {
            new RandomWork(model, seed, story).run(image, STEPS);
        }
        Verdict after = qemu(path);
        if (!before.corrupt) {
            // QEMU itself leaves a corrupt one now and then.
            assertThat(after.corrupt).as("%s%n%s", story, after.said).isFalse();
            assertThat(after.leaks).as("%s%n%s", story, after.said).isLessThanOrEqualTo(before.leaks);
            Path written = path.resolveSibling("written");
            Files.write(written, model);
            Command.run(
                            LIMIT,
                            List.of(
                                    "qemu-img",
                                    "compare",
                                    "-f",
                                    "qcow2",
                                    "-F",
                                    "raw",
                                    path.toString(),
                                    written.toString()))
                    .orThrow(story);
        }
    }

    private static ImageName name(Path path) {
        return ImageName.parse("qcow2:" + path);
    }

    private record Verdict(boolean corrupt, long leaks, String said) {}

    private static Verdict qemu(Path image) throws IOException {
        Command check =
                Command.run(LIMIT, List.of("qemu-img", "check", "--output=json", "-f", "qcow2", image.toString()));
        JsonNode said = new ObjectMapper().readTree(check.output());
        return new Verdict(
                said.path("corruptions").asLong() > 0
                        || said.path("check-errors").asLong(1) > 0,
                said.path("leaks").asLong(),
                check.toString());
    }

    private static void clear(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }
}
