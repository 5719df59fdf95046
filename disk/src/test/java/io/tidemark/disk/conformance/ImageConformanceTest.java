// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an image of every kind must do. */
@Timeout(120)
public abstract class ImageConformanceTest {
    private static final int MIB = 1 << 20;
    private static final int CAPACITY = 16 * MIB;
    private static final int OPERATIONS = Integer.getInteger("tidemark.operations", 400);

    /** Makes an image that reads as zeros, which can be opened and written. */
    protected abstract ImageName make(long capacity) throws IOException;

    /** The name of an image of this kind that isn't there. */
    protected abstract ImageName missing() throws IOException;

    /** Gives an image room to grow where that is somebody else's to do. */
    protected void giveRoom(ImageName image, long capacity) throws IOException {}

    /** Whether it tells what is not allocated. */
    protected boolean tellsHoles() {
        return true;
    }

    /** Whether {@link Images#create} makes one where nothing is. */
    protected boolean isMadeByCreate() {
        return true;
    }

    private static void isRefused(ThrowingCallable call, Code code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageStartingWith("image ");
    }

    private static MemorySegment memory(long bytes, int value) {
        return NativeMemory.anonymous(bytes, Arena.ofAuto()).fill((byte) value);
    }

    private static byte[] read(Image image, long offset, int length) {
        try (ImageIo io = new ImageIo(image)) {
            MemorySegment memory = memory(length, 'x');
            io.read(offset, memory);
            return memory.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static List<Extent> map(Image image) {
        List<Extent> all = new ArrayList<>();
        long capacity = image.geometry().capacity();
        for (long at = 0; at < capacity; at = all.getLast().end()) {
            Extent extent = image.extentAt(at);
            assertThat(extent.offset()).isEqualTo(at);
            assertThat(extent.length()).isPositive();
            all.add(extent);
        }
        assertThat(all.getLast().end()).isEqualTo(capacity);
        return all;
    }

    private static long bytesOf(List<Extent> extents, Extent.Sort sort) {
        return extents.stream()
                .filter(extent -> extent.sort() == sort)
                .mapToLong(Extent::length)
                .sum();
    }

    @Test
    void itTellsWhatItIsLike() throws IOException {
        ImageName name = make(CAPACITY);
        try (Image image = Images.open(name, false)) {
            Geometry geometry = image.geometry();
            assertThat(image.name()).isEqualTo(name.toString());
            assertThat(geometry.capacity()).isEqualTo(CAPACITY);
            assertThat(geometry.readOnly()).isFalse();
            assertThat(geometry.logicalBlock()).isIn(512, 4096);
            assertThat(geometry.physicalBlock()).isGreaterThanOrEqualTo(geometry.logicalBlock());
            assertThat(geometry.writeZeroes()).isPositive();
        }
        try (Image image = Images.open(name, true)) {
            assertThat(image.geometry().readOnly()).isTrue();
            assertThat(image.geometry().discard()).isZero();
        }
    }

    @Test
    void aNewOneIsEmpty() throws IOException {
        try (Image image = Images.open(make(CAPACITY), false)) {
            assertThat(read(image, 0, CAPACITY)).containsOnly(0);
            if (tellsHoles()) {
                assertThat(map(image)).noneMatch(Extent::isData);
            }
        }
    }

    @Test
    void whatWasWrittenIsRead() throws IOException {
        long seed = System.nanoTime();
        ImageName name = make(CAPACITY);
        RandomGuest guest = new RandomGuest(0, CAPACITY, seed);
        try (Image image = Images.open(name, false)) {
            guest.run(image, OPERATIONS);
            assertThat(read(image, 0, CAPACITY)).as("seed %d", seed).isEqualTo(guest.model());
        }
        try (Image image = Images.open(name, true)) {
            assertThat(read(image, 0, CAPACITY))
                    .as("seed %d, opened again", seed)
                    .isEqualTo(guest.model());
        }
    }

    @Test
    void severalLoopsWorkAtOnce() throws IOException {
        long seed = System.nanoTime();
        int loops = 3;
        // Their stretches meet in the middle of blocks and clusters.
        int part = CAPACITY / loops / 512 * 512;
        ImageName name = make(CAPACITY);
        List<RandomGuest> guests = new ArrayList<>();
        try (Image image = Images.open(name, false)) {
            List<CompletableFuture<Void>> running = new ArrayList<>();
            for (int i = 0; i < loops; i++) {
                RandomGuest guest = new RandomGuest((long) i * part, part, seed + i);
                guests.add(guest);
                running.add(CompletableFuture.runAsync(
                        () -> guest.run(image, OPERATIONS),
                        task -> Thread.ofPlatform().start(task)));
            }
            running.forEach(CompletableFuture::join);
            for (int i = 0; i < loops; i++) {
                assertThat(read(image, (long) i * part, part))
                        .as("seed %d, loop %d", seed, i)
                        .isEqualTo(guests.get(i).model());
            }
        }
    }

    @Test
    void largeRequestsAreDone() throws IOException {
        int length = 12 * MIB - 512;
        try (Image image = Images.open(make(CAPACITY), false);
                TestLoop loop = new TestLoop(image, 2)) {
            MemorySegment written = memory(length, 0);
            for (int i = 0; i < length; i += 512) {
                written.set(ValueLayout.JAVA_INT, i, i);
            }
            // In many buffers, of odd sizes.
            Request write = loop.begin(Request.Kind.WRITE, 512, length);
            addIn(write, written, 300_001);
            assertThat(loop.run(write)).isZero();
            MemorySegment read = memory(length, 'x');
            Request again = loop.begin(Request.Kind.READ, 512, length);
            addIn(again, read, 777_777);
            assertThat(loop.run(again)).isZero();
            assertThat(read.mismatch(written)).isEqualTo(-1);
            assertThat(read(image, 0, 512)).containsOnly(0);
            assertThat(read(image, length + 512L, CAPACITY - length - 512)).containsOnly(0);
        }
    }

    private static void addIn(Request request, MemorySegment memory, long size) {
        for (long at = 0; at < memory.byteSize(); at += size) {
            request.data().add(memory.address() + at, Math.min(size, memory.byteSize() - at));
        }
    }

    @Test
    void zeroingIsExact() throws IOException {
        try (Image image = Images.open(make(CAPACITY), false);
                TestLoop loop = new TestLoop(image, 1);
                ImageIo io = new ImageIo(image)) {
            io.write(0, memory(8 * MIB, 1));
            byte[] model = read(image, 0, 8 * MIB);
            int[][] ranges = {{MIB, 4096}, {MIB + 8192 + 512, 512}, {2 * MIB + 512, MIB}, {5 * MIB, 2 * MIB}};
            for (Request.Kind kind : List.of(Request.Kind.DISCARD, Request.Kind.WRITE_ZEROES)) {
                for (boolean unmap : new boolean[] {true, false}) {
                    for (int[] range : ranges) {
                        Request request = loop.begin(kind, range[0], range[1]);
                        request.mayUnmap(unmap);
                        assertThat(loop.run(request)).isZero();
                        if (!request.withoutEffect()) {
                            Arrays.fill(model, range[0], range[0] + range[1], (byte) 0);
                        }
                        assertThat(read(image, 0, 8 * MIB)).isEqualTo(model);
                        io.write(range[0], memory(range[1], 2));
                        Arrays.fill(model, range[0], range[0] + range[1], (byte) 2);
                    }
                }
            }
        }
    }

    @Test
    void theMapTellsWhereDataIs() throws IOException {
        ImageName name = make(CAPACITY);
        try (Image image = Images.open(name, false);
                ImageIo io = new ImageIo(image)) {
            io.write(4 * MIB, memory(2 * MIB, 1));
            io.write(9 * MIB, memory(4096, 1));
            io.flush();
            List<Extent> map = map(image);
            assertThat(map).anyMatch(extent -> extent.isData() && extent.offset() <= 4 * MIB && extent.end() > 4 * MIB);
            assertThat(image.extentAt(5 * MIB).isData()).isTrue();
            assertThat(image.extentAt(9 * MIB).isData()).isTrue();
            if (tellsHoles()) {
                assertThat(bytesOf(map, Extent.Sort.DATA)).isBetween(2L * MIB + 4096, 4L * MIB);
                assertThat(image.extentAt(0).isData()).isFalse();
                io.zero(4 * MIB, 2 * MIB);
                assertThat(image.extentAt(4 * MIB).isData()).isFalse();
                assertThat(bytesOf(map(image), Extent.Sort.DATA)).isLessThan(2L * MIB);
            }
        }
    }

    @Test
    void itGrows() throws IOException {
        ImageName name = make(CAPACITY);
        try (Image image = Images.open(name, false);
                ImageIo io = new ImageIo(image)) {
            io.write(CAPACITY - 4096, memory(4096, 1));
            isRefused(() -> image.resize(CAPACITY - 4096), Code.UNSUPPORTED);
            isRefused(() -> image.resize(CAPACITY + 100), Code.UNSUPPORTED);
            assertThat(image.geometry().capacity()).isEqualTo(CAPACITY);
            giveRoom(name, CAPACITY + 4L * MIB);
            image.resize(CAPACITY + 4L * MIB);
            assertThat(image.geometry().capacity()).isEqualTo(CAPACITY + 4L * MIB);
            assertThat(read(image, CAPACITY, 4 * MIB)).containsOnly(0);
            io.write(CAPACITY + 3L * MIB, memory(MIB, 2));
            assertThat(read(image, CAPACITY + 3L * MIB, MIB)).containsOnly(2);
        }
        try (Image image = Images.open(name, true)) {
            assertThat(image.geometry().capacity()).isEqualTo(CAPACITY + 4L * MIB);
            assertThat(read(image, CAPACITY - 4096, 4096)).containsOnly(1);
            assertThat(read(image, CAPACITY + 3L * MIB, MIB)).containsOnly(2);
            isRefused(() -> image.resize(CAPACITY + 8L * MIB), Code.UNSUPPORTED);
        }
    }

    @Test
    void oneWritesIt() throws IOException {
        ImageName name = make(CAPACITY);
        try (Image image = Images.open(name, false)) {
            isRefused(() -> Images.open(name, false), Code.IN_USE);
            isRefused(() -> Images.open(name, true), Code.IN_USE);
            assertThat(read(image, 0, 4096)).containsOnly(0);
        }
        try (Image image = Images.open(name, true);
                Image other = Images.open(name, true)) {
            assertThat(read(image, 0, 4096)).isEqualTo(read(other, 0, 4096));
        }
        Images.open(name, false).close();
    }

    @Test
    void itIsPassedOn() throws IOException {
        ImageName name = make(CAPACITY);
        try (Image there = Images.openUnlocked(name, false);
                Image here = Images.open(name, false)) {
            assertThat(there.geometry().capacity()).isEqualTo(CAPACITY);
            isRefused(there::lock, Code.IN_USE);
            try (ImageIo io = new ImageIo(here)) {
                io.write(MIB, memory(MIB, 1));
            }
            here.unlock();
            there.lock();
            isRefused(here::lock, Code.IN_USE);
            assertThat(read(there, MIB, MIB)).containsOnly(1);
            try (ImageIo io = new ImageIo(there)) {
                io.write(2 * MIB, memory(MIB, 2));
            }
            there.unlock();
            here.lock();
            assertThat(read(here, 2 * MIB, MIB)).containsOnly(2);
        }
    }

    /** What a guest's frontend may do at any time. */
    @Test
    void memoryThatVanishesFailsTheRequestAlone() throws IOException {
        Path file = Files.createTempFile(Path.of("/dev/shm"), "tidemark", ".memory");
        try (RandomAccessFile shared = new RandomAccessFile(file.toFile(), "rw");
                Arena arena = Arena.ofShared();
                Image image = Images.open(make(CAPACITY), false);
                TestLoop loop = new TestLoop(image, 1)) {
            shared.setLength(2 * MIB);
            MemorySegment guest = shared.getChannel().map(MapMode.READ_WRITE, 0, 2 * MIB, arena);
            guest.fill((byte) 1);
            shared.setLength(0);
            for (Request.Kind kind : List.of(Request.Kind.WRITE, Request.Kind.READ)) {
                for (int length : new int[] {4096, 64 << 10, 2 * MIB}) {
                    Request request = loop.begin(kind, 0, length);
                    request.data().add(guest.address(), length);
                    assertThat(loop.run(request)).as("%s", request).isNegative();
                }
            }
            MemorySegment sound = memory(4096, 2);
            Request write = loop.begin(Request.Kind.WRITE, 8 * MIB, 4096);
            write.data().add(sound.address(), 4096);
            assertThat(loop.run(write)).isZero();
            assertThat(read(image, 8 * MIB, 4096)).containsOnly(2);
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void whatIsNotThereIsTold() throws IOException {
        ImageName name = missing();
        isRefused(() -> Images.open(name, false), Code.NOT_FOUND);
        isRefused(() -> Images.open(name, true), Code.NOT_FOUND);
        isRefused(() -> Images.openUnlocked(name, false), Code.NOT_FOUND);
    }

    @Test
    void itIsMade() throws IOException {
        assumeTrue(isMadeByCreate(), "images of this kind are there already");
        ImageName name = missing();
        try (Image image = Images.create(name, CAPACITY, false);
                ImageIo io = new ImageIo(image)) {
            assertThat(image.geometry().capacity()).isEqualTo(CAPACITY);
            io.write(0, memory(MIB, 1));
            isRefused(() -> Images.create(name, CAPACITY, true), Code.IN_USE);
        }
        isRefused(() -> Images.create(name, CAPACITY, false), Code.EXISTS);
        try (Image image = Images.open(name, true)) {
            assertThat(read(image, 0, MIB)).containsOnly(1);
        }
        try (Image image = Images.create(name, 2 * CAPACITY, true)) {
            assertThat(image.geometry().capacity()).isEqualTo(2 * CAPACITY);
            assertThat(read(image, 0, 2 * CAPACITY)).containsOnly(0);
        }
    }
}
