// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.OpenFlags;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Images in memory, which are read and written through a mapping where that takes no memory, and else by the kernel. */
@Timeout(120)
class MappedImageTest {
    private static final int PAGE = 4096;
    private static final int MIB = 1 << 20;
    private static final long SIZE = 8L * MIB;

    private Path folder;
    private ImageName name;

    @BeforeEach
    void create() throws IOException {
        folder = Files.createTempDirectory(Path.of("/dev/shm"), "tidemark-mapped");
        name = sparse(folder.resolve("disk.img"), SIZE);
    }

    @AfterEach
    void delete() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static ImageName sparse(Path path, long size) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(size);
        }
        return ImageName.parse("raw:" + path);
    }

    @Test
    void readingHolesTakesNoMemory() {
        try (Image image = Images.open(name, false);
                Lane lane = new Lane(image)) {
            assertThat(lane.write(3 * PAGE + 512, 1024, 1)).isZero();
            for (long at = 0; at < SIZE; at += 65536) {
                assertThat(lane.read(at, 65536)).isZero();
            }
            assertOnlyData(image, 3 * PAGE, 4 * PAGE);
        }
    }

    @Test
    void dataIsFoundByLookingAndByWriting() {
        try (Image image = Images.open(name, false);
                Lane lane = new Lane(image)) {
            assertThat(lane.write(MIB, MIB, 7)).isZero();
            assertThat(lane.wasAtOnce()).isFalse();
            assertThat(lane.write(MIB + 512, 4096, 8)).isZero();
            assertThat(lane.wasAtOnce()).isTrue();
            assertThat(lane.read(MIB - 512, 1024)).isZero();
            assertThat(lane.wasAtOnce()).isFalse();
        }
        try (Image image = Images.open(name, true);
                Lane lane = new Lane(image)) {
            lane.awaitKnown(MIB, MIB);
            assertThat(lane.read(MIB, MIB)).isZero();
            assertThat(lane.byteAt(0)).isEqualTo(7);
            assertThat(lane.byteAt(512)).isEqualTo(8);
            assertOnlyData(image, MIB, 2 * MIB);
        }
    }

    @Test
    void whatIsDiscardedTakesNoMemoryAnyMore() {
        try (Image image = Images.open(name, false);
                Lane lane = new Lane(image)) {
            assertThat(lane.write(0, 4 * MIB, 3)).isZero();
            assertThat(lane.zero(Request.Kind.DISCARD, 512, 3 * MIB - 512, false))
                    .isZero();
            assertThat(lane.zero(Request.Kind.WRITE_ZEROES, 3 * MIB + 512, MIB - 512, true))
                    .isZero();
            assertThat(lane.read(0, 4 * MIB)).isZero();
            assertThat(lane.byteAt(511)).isEqualTo(3);
            assertThat(lane.byteAt(512)).isZero();
            assertThat(lane.byteAt(3 * MIB + 511)).isEqualTo(3);
            assertThat(lane.byteAt(3 * MIB + 512)).isZero();
            assertThat(image.extentAt(0)).isEqualTo(new Extent(0, PAGE, Extent.Sort.DATA));
            assertThat(image.extentAt(PAGE)).isEqualTo(new Extent(PAGE, 3L * MIB - PAGE, Extent.Sort.HOLE));
            assertThat(lane.zero(Request.Kind.WRITE_ZEROES, 2 * MIB, MIB, false))
                    .isZero();
            assertThat(lane.write(2 * MIB, 512, 1)).isZero();
            assertThat(lane.wasAtOnce()).isTrue();
        }
    }

    @Test
    void twoLoopsThatShareEveryPageEqualTheirModels() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        try (Image image = Images.open(name, false)) {
            Racer[] racers = {
                new Racer(image, seed, 0), new Racer(image, seed + 1, 1),
            };
            Thread[] threads = new Thread[racers.length];
            for (int i = 0; i < threads.length; i++) {
                threads[i] = Thread.ofPlatform().start(racers[i]);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            for (Racer racer : racers) {
                assertThat(racer.failure()).as("-Dtidemark.seed=%d", seed).isNull();
                assertThat(racer.atOnce()).as("requests copied at once").isPositive();
            }
            // Both are at rest: no page may be known that is not there.
            try (Lane lane = new Lane(image)) {
                for (long page = 0; page < SIZE; page += PAGE) {
                    boolean there = image.extentAt(page).isData();
                    assertThat(lane.read(page, PAGE)).isZero();
                    assertThat(there || !lane.wasAtOnce())
                            .as("page at %d, -Dtidemark.seed=%d", page, seed)
                            .isTrue();
                }
            }
        }
    }

    /** By somebody who has no business there. */
    @Test
    void aFileThatIsCutOrPunchedUnderTheMappingGivesErrorsAndZerosAndNothingElse() throws IOException {
        try (Image image = Images.open(name, false);
                Lane lane = new Lane(image)) {
            assertThat(lane.write(0, 8 * MIB, 5)).isZero();
            // Until all of this is compiled: there the fault is told late.
            for (int i = 0; i < 20_000; i++) {
                assertThat(lane.read(i % 512 * PAGE, PAGE)).isZero();
                assertThat(lane.write(i % 512 * PAGE, PAGE, 5)).isZero();
            }
            int fd = Libc.C.open(name.location(), OpenFlags.O_RDWR, 0);
            assertThat(Libc.C.fallocate(fd, RawDevice.PUNCH_HOLE | RawDevice.KEEP_SIZE, MIB, MIB))
                    .isZero();
            assertThat(lane.read(MIB, MIB)).isZero();
            assertThat(lane.byteAt(0)).isZero();
            assertThat(lane.write(MIB, PAGE, 6)).isZero();
            assertThat(Libc.C.ftruncate(fd, 4L * MIB + 512)).isZero();
            assertThat(lane.read(4 * MIB - 512, 1024)).isZero();
            assertThat(lane.byteAt(0)).isEqualTo(5);
            assertThat(lane.read(4 * MIB, 2 * PAGE)).isEqualTo(-Errno.EIO);
            assertThat(lane.read(7 * MIB, MIB)).isEqualTo(-Errno.EIO);
            assertThat(lane.read(MIB, PAGE)).isZero();
            assertThat(lane.byteAt(0)).isEqualTo(6);
            // A write makes the file longer again, as it always did.
            assertThat(lane.write(6 * MIB, PAGE, 9)).isZero();
            assertThat(lane.read(6 * MIB, PAGE)).isZero();
            assertThat(lane.wasAtOnce()).isTrue();
            assertThat(lane.byteAt(PAGE - 1)).isEqualTo(9);
            assertThat(Libc.C.close(fd)).isZero();
        }
    }

    @Test
    void aFullFileSystemRefusesWritesAndNothingElse() throws IOException, InterruptedException {
        Path small = Files.createDirectory(folder.resolve("small"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small.toString()), "needs root");
        try {
            ImageName there = sparse(small.resolve("disk.img"), SIZE);
            try (Image image = Images.open(there, false);
                    Lane lane = new Lane(image)) {
                assertThat(lane.write(0, MIB, 1)).isZero();
                assertThat(lane.write(2 * MIB, 2 * MIB, 2)).isEqualTo(-Errno.ENOSPC);
                assertThat(lane.write(0, MIB, 3)).isZero();
                assertThat(lane.wasAtOnce()).isTrue();
                assertThat(lane.read(0, 8 * MIB)).isZero();
                assertThat(lane.byteAt(MIB - 1)).isEqualTo(3);
                // Known pages go, and others take their place, where no loop sees it.
                int fd = Libc.C.open(there.location(), OpenFlags.O_RDWR, 0);
                assertThat(Libc.C.fallocate(fd, RawDevice.PUNCH_HOLE | RawDevice.KEEP_SIZE, 0, MIB))
                        .isZero();
                fill(small.resolve("rest"));
                assertThat(lane.write(PAGE, PAGE, 4)).isEqualTo(-Errno.ENOSPC);
                assertThat(lane.read(2 * PAGE, PAGE)).isZero();
                assertThat(lane.byteAt(0)).isZero();
                Files.delete(small.resolve("rest"));
                assertThat(lane.write(PAGE, PAGE, 4)).isZero();
                assertThat(lane.read(PAGE, PAGE)).isZero();
                assertThat(lane.byteAt(0)).isEqualTo(4);
                assertThat(Libc.C.close(fd)).isZero();
            }
        } finally {
            assertThat(run("umount", small.toString())).isTrue();
        }
    }

    private static void fill(Path file) throws IOException {
        byte[] piece = new byte[PAGE];
        try (RandomAccessFile rest = new RandomAccessFile(file.toFile(), "rw")) {
            while (true) {
                rest.write(piece);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    }

    @Test
    void aLongerImageIsMappedUpToItsRoom() {
        try (Image image = Images.open(name, false);
                Lane lane = new Lane(image)) {
            image.resize(70L << 30);
            for (long at : new long[] {SIZE, (64L << 30) - PAGE, 69L << 30}) {
                assertThat(lane.write(at, PAGE, 1)).isZero();
                assertThat(lane.write(at + PAGE, PAGE, 1)).isZero();
                assertThat(lane.write(at + 512, 512, 2)).isZero();
                assertThat(lane.wasAtOnce()).isEqualTo(at + PAGE <= 64L << 30);
                assertThat(lane.zero(Request.Kind.DISCARD, at, PAGE, false)).isZero();
                assertThat(lane.read(at, 2 * PAGE)).isZero();
                assertThat(lane.byteAt(512)).isZero();
                assertThat(lane.byteAt(PAGE)).isEqualTo(1);
            }
        }
    }

    @Test
    void whatAnotherHasPunchedBetweenTwoLocksStaysAHole() {
        try (Image image = Images.open(name, false);
                Lane lane = new Lane(image)) {
            assertThat(lane.write(0, 2 * MIB, 1)).isZero();
            image.unlock();
            try (Image other = Images.open(name, false);
                    ImageIo io = new ImageIo(other)) {
                io.zero(0, MIB);
            }
            image.lock();
            lane.awaitKnown(MIB, MIB);
            assertThat(lane.read(0, 2 * MIB)).isZero();
            assertThat(lane.byteAt(0)).isZero();
            assertThat(lane.byteAt(MIB)).isEqualTo(1);
            assertOnlyData(image, MIB, 2 * MIB);
        }
    }

    @Test
    void nothingIsAllocatedOnTheWay() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Image image = Images.open(name, false);
                Lane lane = new Lane(image)) {
            assertThat(lane.write(0, MIB, 1)).isZero();
            // A late compilation, or one taken back, allocates once; what is allocated per request shows in every
            // window.
            double least = Double.MAX_VALUE;
            for (int window = 0; window < 20 && least >= 0.1; window++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 10_000; i++) {
                    lane.again(Request.Kind.WRITE, i % 256 * PAGE, PAGE);
                    lane.again(Request.Kind.READ, i % 256 * PAGE, PAGE);
                    lane.again(Request.Kind.FLUSH, 0, 0);
                }
                least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / 30_000.0);
            }
            assertThat(least).as("bytes per request").isLessThan(0.1);
        }
    }

    @Test
    void aRequestAfterTheEndIsAnErrorOfTheProgramAndNoCrash() {
        Image image = Images.open(name, false);
        try (Lane lane = new Lane(image)) {
            assertThat(lane.write(0, PAGE, 1)).isZero();
            image.close();
            assertThatThrownBy(() -> lane.read(0, PAGE)).isInstanceOf(IllegalStateException.class);
        }
    }

    private static void assertOnlyData(Image image, long from, long to) {
        assertThat(image.extentAt(0)).isEqualTo(new Extent(0, from, Extent.Sort.HOLE));
        assertThat(image.extentAt(from)).isEqualTo(new Extent(from, to - from, Extent.Sort.DATA));
        assertThat(image.extentAt(to)).isEqualTo(new Extent(to, SIZE - to, Extent.Sort.HOLE));
    }
}
