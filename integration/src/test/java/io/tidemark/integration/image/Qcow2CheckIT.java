// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.qcow2.CheckReport;
import io.tidemark.disk.qcow2.Qcow2Image;
import io.tidemark.integration.process.Command;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Images that QEMU made, sound and with some of their bytes changed, judged as {@code qemu-img check} does.
 * {@code -Dtidemark.images=N} for more of them, {@code -Dtidemark.seed=N} for the same again.
 */
class Qcow2CheckIT {
    private static final int IMAGES = Integer.getInteger("tidemark.images", 60) / 2;
    private static final long SEED = Long.getLong("tidemark.seed", System.nanoTime());
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int DAMAGES = 4;

    @TempDir
    private Path folder;

    private record Verdict(boolean corrupt, long leaks, String said) {
        /** Of corrupt images the two may count otherwise. */
        Verdict told() {
            return corrupt ? new Verdict(true, 0, "") : new Verdict(false, leaks, "");
        }
    }

    @Test
    void agreesWithQemu() throws IOException {
        int corrupt = 0;
        int leaking = 0;
        for (int i = 0; i < IMAGES; i++) {
            long seed = SEED + i;
            Random random = new Random(seed);
            Path image = new MadeByQemu(folder, seed).withoutSnapshots().make();
            // Sound ones first, as far as QEMU itself has left them so.
            for (int damage = 0; damage <= DAMAGES; damage++) {
                Verdict expected = qemu(image);
                CheckReport report = check(image);
                assertThat(verdict(report).told())
                        .as("seed %d, damage %d: %s%n%s", seed, damage, report, expected.said)
                        .isEqualTo(expected.told());
                corrupt += expected.corrupt ? 1 : 0;
                leaking += expected.leaks > 0 ? 1 : 0;
                damage(image, random);
            }
        }
        // So the damage was of use.
        assertThat(corrupt).as("seed %d", SEED).isPositive();
        assertThat(leaking).as("seed %d", SEED).isPositive();
    }

    /** Mostly in the first clusters behind the header, where QEMU puts the tables; sometimes an L2 table is lost. */
    private static void damage(Path image, Random random) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(20);
            int cluster = 1 << file.readInt();
            if (random.nextInt(8) == 0) {
                file.seek(40);
                file.seek(file.readLong());
                file.writeLong(0);
                return;
            }
            long reach = Math.min(file.length(), cluster * (random.nextBoolean() ? 8L : 1000L));
            long at = cluster + random.nextLong(reach - cluster) / 8 * 8;
            if (random.nextBoolean()) {
                file.seek(at);
                file.writeLong(random.nextInt(3) * (long) cluster);
            } else {
                file.seek(at + random.nextInt(8));
                file.write(random.nextInt(3));
            }
        }
    }

    private static CheckReport check(Path image) {
        try (Qcow2Image opened = Qcow2Image.open(ImageName.parse("qcow2:" + image), true)) {
            return opened.check();
        }
    }

    private static Verdict verdict(CheckReport report) {
        return new Verdict(report.corruptions() > 0, report.leaks(), "");
    }

    private static Verdict qemu(Path image) throws IOException {
        Command check =
                Command.run(LIMIT, List.of("qemu-img", "check", "--output=json", "-f", "qcow2", image.toString()));
        JsonNode said = new ObjectMapper().readTree(check.output());
        assertThat(said.has("check-errors")).as(check.toString()).isTrue();
        return new Verdict(
                said.path("corruptions").asLong() > 0
                        || said.path("check-errors").asLong() > 0,
                said.path("leaks").asLong(),
                check.toString());
    }
}
