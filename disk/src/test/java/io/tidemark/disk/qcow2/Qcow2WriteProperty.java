// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.ImageName;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Images of all sorts under random work: what they read as is what was written, and when they are closed nothing is leaked. */
class Qcow2WriteProperty {
    private static final int OPENINGS = 3;
    private static final int STEPS = 250;

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void theDiskIsWhatWasWritten(@ForAll long seed) throws IOException {
        Path folder = Files.createTempDirectory("tidemark-qcow2");
        try {
            work(folder, seed);
        } finally {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    private static void work(Path folder, long seed) throws IOException {
        Random random = new Random(seed);
        long size = 512 * (1 + random.nextLong(random.nextBoolean() ? 100 : 6000));
        byte[] model = new byte[(int) size];
        NewImage like = like(random, size, folder, model);
        ImageName name = ImageName.parse("qcow2:" + folder.resolve("image"));
        Qcow2Image.create(name, like, false).close();
        for (int opening = 0; opening < OPENINGS; opening++) {
            String story = "seed " + seed + ", opening " + opening + ", " + like;
            RandomWork work = new RandomWork(model, random.nextLong(), story);
            try (Qcow2Image image = Qcow2Image.open(name, false)) {
                work.run(image, STEPS);
                if (random.nextInt(3) == 0 && isAsLargeAsBelow(image)) {
                    model = Arrays.copyOf(model, model.length + 512 * random.nextInt(1, 20_000));
                    image.resize(model.length);
                    work = new RandomWork(model, random.nextLong(), story + ", then of " + model.length + " bytes");
                    work.run(image, STEPS);
                }
            }
            try (Qcow2Image image = Qcow2Image.open(name, true)) {
                CheckReport report = image.check();
                assertThat(report.corruptions()).as("%s: %s", story, report).isZero();
                assertThat(report.leaks()).as("%s: %s", story, report).isZero();
                work.run(image, 0);
            }
        }
    }

    /** Else a larger disk would show more of what is below. */
    private static boolean isAsLargeAsBelow(Qcow2Image image) {
        return image.backing()
                .map(below -> below.geometry().capacity() <= image.geometry().capacity())
                .orElse(true);
    }

    private static NewImage like(Random random, long size, Path folder, byte[] model) throws IOException {
        int version = random.nextInt(4) == 0 ? 2 : 3;
        NewImage like = NewImage.of(size)
                .withVersion(version)
                .withClusterSize(512 << random.nextInt(8))
                .withRefcountBits(version == 2 ? 16 : 1 << random.nextInt(7));
        if (random.nextBoolean()) {
            return like;
        }
        byte[] below = new byte[1 + random.nextInt(model.length + 1000)];
        random.nextBytes(below);
        Files.write(folder.resolve("below"), below);
        System.arraycopy(below, 0, model, 0, Math.min(below.length, model.length));
        return like.withBacking("below", "raw");
    }
}
