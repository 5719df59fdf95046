// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.Request;
import io.tidemark.integration.image.TwoLoops.Job;
import io.tidemark.integration.image.crash.QemuJudge;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same random operations on an image, now here and now by QEMU, and on its twin, always by {@code qemu-io}. Both must read the same,
 * by QEMU and here, and have their data in the same places. {@code -Dtidemark.operations=N} for more of them,
 * {@code -Dtidemark.seed=N} for the same again.
 */
class Qcow2DifferentialIT {
    private static final int OPERATIONS = Integer.getInteger("tidemark.operations", 4000);
    private static final long SEED = Long.getLong("tidemark.seed", System.nanoTime());
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final int ROUNDS = 4;
    private static final int MOST_OPERATIONS = 120;
    private static final int MOST_SECTORS = 12_000;
    private static final int SECTOR = 512;

    @TempDir
    private Path folder;

    private Random random;
    private Path image;
    private Path twin;
    private long size;
    private int cluster;
    private int done;
    private String story;

    @Test
    void imagesAreAsIfQemuHadWrittenThem() throws IOException {
        System.out.println("-Dtidemark.seed=" + SEED);
        for (long seed = SEED; done < OPERATIONS; seed++) {
            live(seed);
            clear();
        }
    }

    private void live(long seed) throws IOException {
        random = new Random(seed);
        MadeByQemu qemu = new MadeByQemu(folder, seed).toBeWritten().small(MOST_SECTORS);
        image = qemu.make();
        cluster = qemu.cluster();
        twin = folder.resolve("twin.qcow2");
        Files.copy(image, twin);
        story = "-Dtidemark.seed=" + seed + "\n" + qemu.story();
        if (!QemuJudge.areSound(qemu.images())) {
            return;
        }
        size = json("qemu-img", "info", "--output=json", image.toString())
                .path("virtual-size")
                .asLong();
        long leaks = json("qemu-img", "check", "--output=json", image.toString())
                .path("leaks")
                .asLong();
        for (int round = 0; round < ROUNDS; round++) {
            List<Job> jobs = jobs();
            boolean here = round % 2 == 0 || random.nextBoolean();
            story += "\nround " + round + (here ? " here" : " by QEMU");
            if (here) {
                jobs = runHere(jobs);
            } else {
                byQemu(image, jobs, true);
            }
            byQemu(twin, jobs, !here);
            if (here && random.nextInt(3) == 0) {
                grow();
            }
            done += jobs.size();
            QemuJudge.check(image, leaks, story);
            compare();
        }
    }

    /** Of those that are sent together none overlap, so the order doesn't matter. */
    private List<Job> jobs() {
        List<Job> jobs = new ArrayList<>();
        int count = 1 + random.nextInt(MOST_OPERATIONS);
        for (int tries = 0; jobs.size() < count && tries < 3 * MOST_OPERATIONS; tries++) {
            Job job = job();
            boolean overlaps = jobs.stream()
                    .anyMatch(other -> job.offset() < other.offset() + other.length()
                            && other.offset() < job.offset() + job.length());
            if (!overlaps) {
                jobs.add(job);
                story += "\n" + job;
            }
        }
        return jobs;
    }

    private Job job() {
        int dice = random.nextInt(100);
        Request.Kind kind = dice < 60
                ? Request.Kind.WRITE
                : dice < 80 ? Request.Kind.WRITE_ZEROES : dice < 95 ? Request.Kind.DISCARD : Request.Kind.FLUSH;
        if (kind == Request.Kind.FLUSH) {
            return new Job(kind, 0, 0, 0, false);
        }
        long sectors = size / SECTOR;
        long first = random.nextLong(sectors);
        long count = 1 + random.nextInt(random.nextInt(5) == 0 ? TwoLoops.LARGEST / SECTOR : 40);
        if (random.nextBoolean()) {
            long unit = cluster / SECTOR;
            first = first / unit * unit;
            count = (count + unit - 1) / unit * unit;
        }
        count = Math.min(Math.min(count, sectors - first), TwoLoops.LARGEST / SECTOR);
        int value = 1 + random.nextInt(255);
        return new Job(kind, first * SECTOR, (int) count * SECTOR, value, random.nextBoolean());
    }

    /** @return what QEMU must do to have the same: a discard makes zeros, or has no effect */
    private List<Job> runHere(List<Job> jobs) {
        List<Job> effective = new ArrayList<>();
        try (Image opened = Images.open(ImageName.parse("qcow2:" + image), false);
                TwoLoops loops = new TwoLoops(opened)) {
            loops.run(jobs, (job, request, data, status) -> {
                if (status != 0) {
                    throw new LabException(request + " ended with " + status + "\n" + story);
                }
                if (!request.withoutEffect()) {
                    effective.add(job);
                }
            });
        }
        return effective;
    }

    /** @param itsWay whether discards are QEMU's own, which leave parts of clusters as they are; else they make zeros, as here */
    private void byQemu(Path file, List<Job> jobs, boolean itsWay) {
        List<String> command = new ArrayList<>(List.of("qemu-io", "-d", "unmap", "-f", "qcow2"));
        for (Job job : jobs) {
            String range = " " + job.offset() + " " + job.length();
            command.add("-c");
            command.add(
                    switch (job.kind()) {
                        case WRITE -> "write -P " + job.value() + range;
                        case WRITE_ZEROES -> "write -z" + (job.unmap() ? " -u" : "") + range;
                        case DISCARD -> (itsWay ? "discard" : "write -z -u") + range;
                        case FLUSH, READ -> "flush";
                    });
        }
        command.add(file.toString());
        if (!jobs.isEmpty()) {
            run(command);
        }
    }

    private void grow() {
        long wanted = size + SECTOR * (1 + random.nextLong(2000));
        story += "\nto " + wanted + " bytes";
        try (Image opened = Images.open(ImageName.parse("qcow2:" + image), false)) {
            opened.resize(wanted);
        } catch (ImageException e) {
            story += ", which is refused: " + e.getMessage();
            assertThat(e).as(story).hasMessageContaining("would show more of its backing file");
            return;
        }
        run(List.of("qemu-img", "resize", "-q", "-f", "qcow2", twin.toString(), Long.toString(wanted)));
        size = wanted;
    }

    private void compare() throws IOException {
        byte[] expected = QemuJudge.content(twin, folder.resolve("content"));
        MemorySegment all = MemorySegment.ofArray(expected);
        assertThat(MemorySegment.ofArray(QemuJudge.content(image, folder.resolve("content")))
                        .mismatch(all))
                .as("first byte that QEMU reads otherwise than in the twin, %s", story)
                .isEqualTo(-1);
        List<Job> reads = new ArrayList<>();
        for (long at = 0; at < expected.length; ) {
            int length = (int) Math.min(expected.length - at, SECTOR * (1L + random.nextInt(200)));
            reads.add(new Job(Request.Kind.READ, at, length, 0xee, false));
            at += length;
        }
        try (Image opened = Images.open(ImageName.parse("qcow2:" + image), true);
                TwoLoops loops = new TwoLoops(opened)) {
            assertThat(opened.geometry().capacity()).as(story).isEqualTo(expected.length);
            loops.run(reads, (job, request, data, status) -> {
                assertThat(status).as(story).isZero();
                long wrong = data.mismatch(all.asSlice(job.offset(), job.length()));
                assertThat(wrong).as("%s%n%s", job, story).isEqualTo(-1);
            });
        }
        compareMaps(expected);
    }

    /** Where something else than zeros is, it lies in the image of both, or in the same file behind both. */
    private void compareMaps(byte[] content) throws IOException {
        int[] here = depths(image, content.length);
        int[] there = depths(twin, content.length);
        for (int sector = 0; sector < here.length; sector++) {
            boolean zero = true;
            for (int at = sector * SECTOR; at < (sector + 1) * SECTOR; at++) {
                zero &= content[at] == 0;
            }
            if (!zero) {
                assertThat(here[sector])
                        .as("depth of the file that sector %d is in, %s", sector, story)
                        .isEqualTo(there[sector]);
            }
        }
    }

    private int[] depths(Path file, int length) throws IOException {
        int[] depths = new int[length / SECTOR];
        for (JsonNode extent : json("qemu-img", "map", "--output=json", "-f", "qcow2", file.toString())) {
            long from = extent.path("start").asLong() / SECTOR;
            long end = from + extent.path("length").asLong() / SECTOR;
            for (long sector = from; sector < end; sector++) {
                depths[(int) sector] =
                        extent.path("data").asBoolean() ? extent.path("depth").asInt() : -1;
            }
        }
        return depths;
    }

    private static JsonNode json(String... command) throws IOException {
        Command run = Command.run(LIMIT, List.of(command));
        return new ObjectMapper().readTree(run.output());
    }

    private void run(List<String> command) {
        Command said = Command.run(LIMIT, command).orThrow(story);
        if (said.output().contains("failed") || said.errors().contains("failed")) {
            throw new LabException(said + "\n" + story);
        }
    }

    private void clear() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }
}
