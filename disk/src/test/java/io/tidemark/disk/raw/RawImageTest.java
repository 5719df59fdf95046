// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.RingLoop;
import io.tidemark.disk.posix.Descriptors;
import io.tidemark.disk.posix.Libc;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Raw images on a disk file system and on tmpfs, through the real io_uring. */
class RawImageTest {
    private static final int MIB = 1 << 20;

    /** The build's own file system, and one in memory. */
    static Path[] folders() throws IOException {
        Path onDisk = Files.createTempDirectory(Path.of("target"), "raw");
        Path inMemory = Files.createTempDirectory(Path.of("/dev/shm"), "tidemark-raw");
        onDisk.toFile().deleteOnExit();
        inMemory.toFile().deleteOnExit();
        return new Path[] {onDisk, inMemory};
    }

    private static ImageName sparse(Path folder, long size) throws IOException {
        Path path = Files.createTempFile(folder, "disk", ".img").toAbsolutePath();
        path.toFile().deleteOnExit();
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(size);
        }
        return ImageName.parse("raw:" + path);
    }

    @ParameterizedTest
    @MethodSource("folders")
    void randomOperationsEqualAModel(Path folder) throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] model = new byte[4 * MIB];
        try (Arena arena = Arena.ofConfined();
                Image image = Images.open(sparse(folder, model.length), false);
                ImageIo io = new ImageIo(image)) {
            MemorySegment memory = arena.allocate(MIB, 4096);
            for (int i = 0; i < 500; i++) {
                int offset = random.nextInt(model.length / 512) * 512;
                int length = 512 * (1 + random.nextInt(Math.min(MIB / 1024, (model.length - offset) / 512)));
                // Odd addresses must be bounced, odd ranges must go through the page cache.
                MemorySegment part = memory.asSlice(random.nextInt(3) * (long) random.nextInt(1000), length);
                switch (random.nextInt(4)) {
                    case 0, 1 -> {
                        byte[] bytes = new byte[length];
                        random.nextBytes(bytes);
                        part.copyFrom(MemorySegment.ofArray(bytes));
                        io.write(offset, part);
                        System.arraycopy(bytes, 0, model, offset, length);
                    }
                    case 2 -> {
                        io.zero(offset, length);
                        Arrays.fill(model, offset, offset + length, (byte) 0);
                    }
                    default -> io.flush();
                }
                int readOffset = random.nextInt(model.length / 512) * 512;
                int readLength = 512 * (1 + random.nextInt(Math.min(MIB / 1024, (model.length - readOffset) / 512)));
                MemorySegment read = memory.asSlice(random.nextInt(2) * 77L, readLength);
                io.read(readOffset, read);
                assertThat(read.mismatch(MemorySegment.ofArray(model).asSlice(readOffset, readLength)))
                        .as("seed %d, step %d, read of %d at %d", seed, i, readLength, readOffset)
                        .isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("folders")
    void discardAndBothSortsOfWriteZeroesLeaveZeros(Path folder) throws IOException {
        try (Arena arena = Arena.ofConfined();
                Image image = Images.open(sparse(folder, 8L * MIB), false);
                ImageIo io = new ImageIo(image);
                RingLoop loop = new RingLoop(1)) {
            MemorySegment ones = arena.allocate(4L * MIB, 4096).fill((byte) 1);
            io.write(0, ones);
            BlockDevice device = image.attach(loop);
            run(loop, device, Request.Kind.DISCARD, false, 0, MIB);
            run(loop, device, Request.Kind.WRITE_ZEROES, false, MIB, 1536 * 1024);
            run(loop, device, Request.Kind.WRITE_ZEROES, true, 3 * MIB, 512);
            MemorySegment read = arena.allocate(4L * MIB, 4096);
            io.read(0, read);
            MemorySegment expected = arena.allocate(4L * MIB).fill((byte) 1);
            expected.asSlice(0, MIB + 1536 * 1024).fill((byte) 0);
            expected.asSlice(3L * MIB, 512).fill((byte) 0);
            assertThat(read.mismatch(expected)).isEqualTo(-1);
            assertThat(image.extentAt(4L * MIB)).isEqualTo(new Extent(4L * MIB, 4L * MIB, Extent.Sort.HOLE));
            assertThat(image.extentAt(0).sort()).isEqualTo(Extent.Sort.HOLE);
        }
    }

    private static void run(
            RingLoop loop, BlockDevice device, Request.Kind kind, boolean unmap, long offset, long length) {
        Request request = new Request(0, new IoVector(1));
        request.begin(kind, offset, length);
        request.mayUnmap(unmap);
        request.durable(true);
        int[] status = {1};
        request.onCompletion((done, result) -> status[0] = result);
        device.submit(request);
        while (status[0] > 0) {
            loop.await();
        }
        assertThat(status[0]).as("%s", request).isZero();
    }

    @Test
    void thatAnotherHasChangedItIsSeenAndThatItWasOpenedIsNot() throws Exception {
        Path file = Files.createTempFile(Path.of("target").toAbsolutePath(), "version", ".img");
        Files.write(file, new byte[4096]);
        String left;
        try (Image image = RawImage.open(ImageName.parse("raw:" + file), false)) {
            left = image.version();
        }
        try (Image image = RawImage.open(ImageName.parse("raw:" + file), false)) {
            assertThat(image.versionFound()).isEqualTo(left);
            left = image.version();
        }
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        try (Image image = RawImage.open(ImageName.parse("raw:" + file), false)) {
            assertThat(image.versionFound()).isNotEqualTo(left);
        }
        Files.delete(file);
    }

    @Test
    void scatteredBuffersAreReadAndWrittenInOrder(@TempDir Path folder) throws IOException {
        try (Arena arena = Arena.ofConfined();
                Image image = Images.open(sparse(folder, MIB), false);
                ImageIo io = new ImageIo(image);
                RingLoop loop = new RingLoop(1)) {
            BlockDevice device = image.attach(loop);
            MemorySegment a = arena.allocate(512, 4096).fill((byte) 'a');
            MemorySegment b = arena.allocate(1024, 4096).fill((byte) 'b');
            Request request = new Request(0, new IoVector(2));
            request.begin(Request.Kind.WRITE, 512, 1536);
            request.data().add(a.address(), 512);
            request.data().add(b.address(), 1024);
            int[] status = {1};
            request.onCompletion((done, result) -> status[0] = result);
            device.submit(request);
            while (status[0] > 0) {
                loop.await();
            }
            assertThat(status[0]).isZero();
            MemorySegment read = arena.allocate(2048, 4096);
            io.read(0, read);
            assertThat(new String(read.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII))
                    .isEqualTo("\0".repeat(512) + "a".repeat(512) + "b".repeat(1024));
        }
    }

    @ParameterizedTest
    @MethodSource("folders")
    void growsButNeverShrinks(Path folder) throws IOException {
        try (Arena arena = Arena.ofConfined();
                Image image = Images.open(sparse(folder, MIB), false);
                ImageIo io = new ImageIo(image)) {
            io.write(0, arena.allocate(MIB, 4096).fill((byte) 1));
            image.resize(MIB);
            image.resize(3 * MIB + 512);
            assertThat(image.geometry().capacity()).isEqualTo(3 * MIB + 512);
            io.write(3 * MIB, arena.allocate(512, 4096).fill((byte) 2));
            MemorySegment all = arena.allocate(3 * MIB + 512, 4096);
            io.read(0, all);
            assertThat(all.asSlice(0, MIB).mismatch(arena.allocate(MIB).fill((byte) 1)))
                    .isEqualTo(-1);
            assertThat(all.asSlice(MIB, 2 * MIB).mismatch(arena.allocate(2 * MIB)))
                    .isEqualTo(-1);
            assertThatThrownBy(() -> image.resize(2 * MIB))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("would lose");
            assertThatThrownBy(() -> image.resize(4 * MIB + 1))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("multiple of 512");
            assertThat(image.geometry().capacity()).isEqualTo(3 * MIB + 512);
        }
    }

    @Test
    void aSizeThatTheFileSystemRefusesChangesNothing() throws IOException {
        try (Image image = Images.open(sparse(folders()[0], MIB), false)) {
            assertThatThrownBy(() -> image.resize(Long.MAX_VALUE / 512 * 512))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("File too large");
            assertThat(image.geometry().capacity()).isEqualTo(MIB);
        }
    }

    @Test
    void theLockGoesFromOneToTheOther(@TempDir Path folder) throws IOException {
        ImageName name = sparse(folder, MIB);
        try (Image here = Images.open(name, false);
                Image there = Images.openUnlocked(name, false)) {
            assertThatThrownBy(there::lock)
                    .isInstanceOfSatisfying(
                            ImageException.class, e -> assertThat(e.code()).isEqualTo(ImageException.Code.IN_USE));
            here.resize(2 * MIB);
            here.unlock();
            // Who has tried in vain keeps nobody out.
            here.lock();
            here.unlock();
            there.lock();
            assertThat(there.geometry().capacity()).isEqualTo(2 * MIB);
            assertThatThrownBy(here::lock).isInstanceOf(ImageException.class);
            assertThatThrownBy(() -> Images.open(name, false)).isInstanceOf(ImageException.class);
            there.unlock();
            here.lock();
        }
    }

    @Test
    void aFileCutWhileServedGivesErrorsNotHangs(@TempDir Path folder) throws IOException {
        ImageName name = sparse(folder, MIB);
        try (Arena arena = Arena.ofConfined();
                Image image = Images.open(name, false);
                ImageIo io = new ImageIo(image)) {
            try (RandomAccessFile file = new RandomAccessFile(name.location(), "rw")) {
                file.setLength(4096);
            }
            assertThatThrownBy(() -> io.read(8192, arena.allocate(4096, 4096)))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("read of 4096 bytes at 8192 failed");
        }
    }

    /** More of them than there are bounce buffers, so that some have waited for one. */
    @Test
    void requestsWhoseMemoryHasVanishedFailAndLeaveTheImageAlone(@TempDir Path folder) throws IOException {
        ImageName name = sparse(folder, MIB);
        Path shared = Files.createTempFile(Path.of("/dev/shm"), "tidemark", ".memory");
        try (Arena arena = Arena.ofConfined();
                Image image = Images.open(name, false);
                ImageIo io = new ImageIo(image);
                RandomAccessFile memory = new RandomAccessFile(shared.toFile(), "rw")) {
            memory.setLength(MIB);
            MemorySegment guest = memory.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, MIB, arena);
            io.write(0, arena.allocate(MIB, 4096).fill((byte) 7));
            memory.setLength(0);
            try (RingLoop loop = new RingLoop(20)) {
                BlockDevice device = image.attach(loop);
                int[] status = new int[20];
                int[] left = {status.length};
                for (int id = 0; id < status.length; id++) {
                    Request request = new Request(id, new IoVector(1));
                    // The reads hold all the buffers.
                    request.begin(id < 10 ? Request.Kind.READ : Request.Kind.WRITE, id * 4096L, 4096);
                    request.data().add(guest.address() + id * 8192L + 1, 4096);
                    request.onCompletion((done, result) -> {
                        status[done.id()] = result;
                        left[0]--;
                    });
                    device.submit(request);
                }
                while (left[0] > 0) {
                    loop.await();
                }
                assertThat(status).containsOnly(-14);
            }
            MemorySegment read = arena.allocate(MIB, 4096);
            io.read(0, read);
            assertThat(read.mismatch(arena.allocate(MIB).fill((byte) 7))).isEqualTo(-1);
        } finally {
            Files.delete(shared);
        }
    }

    @Test
    void aSecondWriterIsRefusedAndReadersShareWithReaders(@TempDir Path folder) throws IOException {
        ImageName name = sparse(folder, MIB);
        try (Image ignored = Images.open(name, false)) {
            assertRefused(ImageException.Code.IN_USE, () -> Images.open(name, false));
            assertRefused(ImageException.Code.IN_USE, () -> Images.open(name, true));
            assertRefused(ImageException.Code.IN_USE, () -> Images.create(name, MIB, true));
        }
        try (Image ignored = Images.open(name, true);
                Image alsoIgnored = Images.open(name, true)) {
            assertRefused(ImageException.Code.IN_USE, () -> Images.open(name, false));
        }
        Images.open(name, false).close();
    }

    @Test
    void badImagesAreRefusedWithReasonAndRemedy(@TempDir Path folder) throws IOException {
        assertRefused(ImageException.Code.BAD_NAME, () -> ImageName.parse("vmdk:/x"));
        assertRefused(ImageException.Code.BAD_NAME, () -> ImageName.parse("raw:relative"));
        assertRefused(
                ImageException.Code.NOT_FOUND, () -> Images.open(ImageName.parse("raw:" + folder + "/no"), false));
        assertRefused(ImageException.Code.UNSUPPORTED, () -> Images.open(ImageName.parse("raw:" + folder), true));
        ImageName odd = sparse(folder, 1000);
        assertRefused(ImageException.Code.UNSUPPORTED, () -> Images.open(odd, false));
        ImageName there = sparse(folder, MIB);
        assertRefused(ImageException.Code.EXISTS, () -> Images.create(there, MIB, false));
        assertThatThrownBy(() -> Images.create(ImageName.parse("raw:" + folder + "/no/disk.img"), MIB, false))
                .hasMessageContaining("there is no folder " + folder + "/no; make that");
    }

    /** Opening one waits for somebody at its other end. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aPipeIsRefusedAtOnce(@TempDir Path folder) throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        assertRefused(ImageException.Code.UNSUPPORTED, () -> Images.open(ImageName.parse("raw:" + pipe), true));
        assertRefused(ImageException.Code.UNSUPPORTED, () -> Images.open(ImageName.parse("qcow2:" + pipe), true));
        assertRefused(ImageException.Code.UNSUPPORTED, () -> Images.create(ImageName.parse("raw:" + pipe), MIB, true));
    }

    private static void assertRefused(ImageException.Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageStartingWith("image ");
    }

    /** As the kernel may keep one for a moment, here a second descriptor keeps the file open. */
    @Test
    void anImageThatIsClosedIsFreeWhoeverStillHasItsFile(@TempDir Path folder) throws IOException {
        ImageName name = sparse(folder, MIB);
        RawImage image = RawImage.open(name, false);
        List<Integer> kept = duplicatesOf(Path.of(name.location()));
        assertThat(kept).isNotEmpty();
        try {
            image.close();
            Images.open(name, false).close();
        } finally {
            kept.forEach(Libc.C::close);
        }
    }

    /** Of all descriptors by which this process has a file open. */
    private static List<Integer> duplicatesOf(Path file) throws IOException {
        List<Integer> duplicates = new ArrayList<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.exists(descriptor) && Files.isSameFile(descriptor, file)) {
                    duplicates.add(Descriptors.duplicate(
                            Integer.parseInt(descriptor.getFileName().toString())));
                }
            }
        }
        return duplicates;
    }

    @Test
    void anImageThatAnotherProcessHasIsClosedWithoutItsLock(@TempDir Path folder) throws IOException {
        ImageName name = sparse(folder, MIB);
        RawImage here = RawImage.open(name, false);
        int[] descriptors =
                Arrays.stream(here.descriptors()).map(Descriptors::duplicate).toArray();
        RawImage there = RawImage.adopt(name, false, descriptors);
        here.close();
        assertRefused(ImageException.Code.IN_USE, () -> Images.open(name, false));
        int kept = Descriptors.duplicate(descriptors[descriptors.length - 1]);
        there.close();
        assertRefused(ImageException.Code.IN_USE, () -> Images.open(name, false));
        Libc.C.close(kept);
        Images.open(name, false).close();
    }
}
