// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.tidemark.disk.ImageName;
import io.tidemark.integration.image.MadeByQemu;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The oracle finds each mistake that a writer of qcow2 images can make in its order of writes, and none in one that makes none. */
class CrashOracleIT {
    private static final long SEED = Long.getLong("tidemark.seed", System.nanoTime());
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int IMAGES = Integer.getInteger("tidemark.images", 25);
    private static final int RUNS = 40;
    private static final int CRASHES = 50;

    @TempDir
    private Path folder;

    private byte[] image() throws IOException {
        Path path = folder.resolve("a.qcow2");
        // Its refcount block counts 32 MiB.
        Command.run(
                        LIMIT,
                        List.of(
                                "qemu-img",
                                "create",
                                "-q",
                                "-f",
                                "qcow2",
                                "-o",
                                "cluster_size=4k",
                                path.toString(),
                                "1M"))
                .orThrow("qemu-img create");
        return Files.readAllBytes(path);
    }

    /** The judge of the many cases against QEMU, on images as QEMU has left them and with damage. */
    @Test
    void itsJudgeSaysWhatQemuSays() throws IOException {
        int corrupt = 0;
        for (int i = 0; i < IMAGES; i++) {
            Random random = new Random(SEED + i);
            MadeByQemu qemu = new MadeByQemu(folder, SEED + i).toBeWritten().small(4000);
            Path path = qemu.make();
            byte[] backing = qemu.backing().map(this::content).orElse(new byte[0]);
            byte[] file = Files.readAllBytes(path);
            PlainQcow2 made = new PlainQcow2(file);
            String story = "seed " + (SEED + i) + "\n" + qemu.story();
            if (made.isMarkedCorrupt()) {
                continue; // its tables may be sound, or not
            }
            String wrong = made.check();
            assertThat(wrong.isEmpty()).as(story).isEqualTo(!QemuJudge.isCorrupt(path));
            assertThat(made.disk(backing)).as(story).isEqualTo(content(path));
            if (wrong.isEmpty()) {
                QemuJudge.check(path, made.leaks(), story);
            }
            for (int damage = 0; damage < 4; damage++) {
                damage(file, random);
                Files.write(path, file);
                PlainQcow2 damaged = new PlainQcow2(file);
                wrong = damaged.check();
                corrupt += wrong.isEmpty() ? 0 : 1;
                assertThat(QemuJudge.isCorrupt(path))
                        .as("%s%ndamaged %d times, said to be corrupt: %s", story, damage + 1, wrong)
                        .isEqualTo(!wrong.isEmpty());
            }
        }
        assertThat(corrupt).as("seed %d", SEED).isPositive();
    }

    private byte[] content(Path path) {
        return QemuJudge.content(path, folder.resolve("content"));
    }

    /** In the clusters behind the header, where the tables are. */
    private static void damage(byte[] file, Random random) {
        ByteBuffer bytes = ByteBuffer.wrap(file);
        int cluster = 1 << bytes.getInt(20);
        int at = cluster + random.nextInt(Math.min(file.length, 8 * cluster) - cluster - 8) / 8 * 8;
        if (random.nextBoolean()) {
            bytes.putLong(at, random.nextInt(3) * (long) cluster);
        } else {
            bytes.put(at + random.nextInt(8), (byte) random.nextInt(3));
        }
    }

    private void crash(NaiveQcow2.Mistake mistake, byte[] image, int runs) {
        for (int run = 0; run < runs; run++) {
            CrashRun one = new CrashRun(ImageName.parse("qcow2:/a"), image, new byte[0], 1, SEED + run, true);
            one.run((name, container) -> new Subject(new NaiveQcow2(container, mistake), List.of()));
            for (int i = 0; i < CRASHES; i++) {
                one.crash();
            }
        }
    }

    @Test
    void aRightOrderPasses() throws IOException {
        byte[] image = image();
        assertThatCode(() -> crash(NaiveQcow2.Mistake.NONE, image, RUNS / 4))
                .as("seed %d", SEED)
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void eachMistakeIsFound(NaiveQcow2.Mistake mistake) throws IOException {
        byte[] image = image();
        try {
            crash(mistake, image, RUNS);
        } catch (LabException e) {
            System.out.println(mistake + ": " + e.getMessage());
            return;
        }
        assertThat(mistake).as("a mistake that was not found, seed %d", SEED).isNull();
    }
}
