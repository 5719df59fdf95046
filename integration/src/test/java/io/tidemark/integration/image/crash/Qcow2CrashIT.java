// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.ImageName;
import io.tidemark.disk.qcow2.ContainedQcow2;
import io.tidemark.disk.qcow2.Qcow2Image;
import io.tidemark.integration.image.MadeByQemu;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * The crash oracle: all that writing to an image does to its file is recorded, then the file is made as a power cut or a kill at any
 * moment could have left it, again and again, and judged: no corruption, all that was flushed is there, each other sector is old or new.
 * From some of these files the image goes on, to crash again. {@code -Dtidemark.cases=N} for more of them, {@code -Dtidemark.seed=N}
 * for the same again.
 */
class Qcow2CrashIT {
    private static final int CASES = Integer.getInteger("tidemark.cases", 2000);
    private static final long SEED = Long.getLong("tidemark.seed", System.nanoTime());
    private static final int GENERATIONS = 3;
    private static final int CRASHES = 20;
    private static final int MOST_SECTORS = 4000;

    /** So many of the files are shown to QEMU, too: one of these. */
    private static final int SHOWN = 40;

    /** In memory: what lies behind images is read at once there. */
    @TempDir(factory = InMemory.class)
    private Path folder;

    static final class InMemory implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
            return Files.createTempDirectory(Path.of("/dev/shm"), "tidemark-crash");
        }
    }

    private int cases;
    private int shown;

    @Test
    void noCrashHarmsAnImage() throws IOException {
        System.out.println("-Dtidemark.seed=" + SEED);
        for (long seed = SEED; cases < CASES; seed++) {
            live(seed);
            clear();
        }
        System.out.printf("%d crashes, %d of their files shown to QEMU%n", cases, shown);
    }

    /** An image from its making on, with all of its deaths. */
    private void live(long seed) throws IOException {
        Random random = new Random(seed);
        MadeByQemu qemu = new MadeByQemu(folder, seed).toBeWritten().small(MOST_SECTORS);
        Path path = qemu.make();
        if (!QemuJudge.areSound(qemu.images())) {
            return;
        }
        byte[] backing = backing(qemu);
        byte[] file = Files.readAllBytes(path);
        int id = 1;
        for (int generation = 0; generation < GENERATIONS; generation++) {
            CrashRun run = new CrashRun(ImageName.parse("qcow2:" + path), file, backing, id, random.nextLong(), false);
            String story = "generation " + generation + " of -Dtidemark.seed=" + seed + "\n" + qemu.story();
            try {
                run.run(Qcow2CrashIT::open);
                file = crash(run, path, backing, random, story);
            } catch (RuntimeException | AssertionError e) {
                throw new LabException(e.getMessage() + "\n" + story, e);
            }
            id = run.nextId();
        }
    }

    /** @return the file that the image goes on with */
    private byte[] crash(CrashRun run, Path path, byte[] backing, Random random, String story) throws IOException {
        byte[] next = run.closed();
        for (int i = 0; i < CRASHES; i++) {
            byte[] crashed = run.crash();
            next = random.nextInt(CRASHES) == 0 ? crashed : next;
            if (++cases % SHOWN == 0) {
                shown++;
                Files.write(path, crashed);
                PlainQcow2 judge = new PlainQcow2(crashed);
                judge.check();
                QemuJudge.check(path, judge.leaks(), story);
                assertThat(Arrays.mismatch(QemuJudge.content(path, folder.resolve("content")), judge.disk(backing)))
                        .as(story)
                        .isEqualTo(-1);
            }
        }
        return next;
    }

    private byte[] backing(MadeByQemu qemu) {
        return qemu.backing()
                .map(path -> QemuJudge.content(path, folder.resolve("backing")))
                .orElse(new byte[0]);
    }

    private static Subject open(ImageName name, RecordingImage container) {
        Qcow2Image image = Qcow2Image.open(name, container);
        return new Subject(
                image,
                List.of(
                        helper(task -> ContainedQcow2.behindMetadata(image, task)),
                        helper(task -> ContainedQcow2.behindAllocation(image, task))));
    }

    private static Subject.Helper helper(Consumer<Runnable> behindAll) {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        behindAll.accept(() -> thread.complete(Thread.currentThread()));
        return new Subject.Helper(thread.join(), behindAll);
    }

    private void clear() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }
}
