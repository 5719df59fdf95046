// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Images that QEMU made, with all of its options, read byte for byte as {@code qemu-img convert} does. {@code -Dtidemark.images=N}
 * for more of them, {@code -Dtidemark.seed=N} for the same again.
 */
class Qcow2ReadIT {
    private static final int IMAGES = Integer.getInteger("tidemark.images", 200);
    private static final long SEED = Long.getLong("tidemark.seed", System.nanoTime());
    private static final int LARGEST_READ = 1 << 18;

    /** A disk's file system, and one in memory, which goes another way. */
    @ParameterizedTest
    @ValueSource(strings = {"target", "/dev/shm"})
    void everyByteIsWhatQemuReads(String where) throws IOException {
        Path folder = Files.createTempDirectory(Path.of(where).toAbsolutePath(), "tidemark-qcow2");
        try {
            int unreadable = 0;
            for (int i = 0; i < IMAGES / 2; i++) {
                unreadable += check(folder, SEED + i) ? 0 : 1;
                clear(folder);
            }
            assertThat(unreadable).as("seed %d", SEED).isLessThan(Math.max(3, IMAGES / 20));
        } finally {
            clear(folder);
            Files.delete(folder);
        }
    }

    /** @return whether QEMU could read it */
    private static boolean check(Path folder, long seed) throws IOException {
        MadeByQemu qemu = new MadeByQemu(folder, seed);
        Path path = qemu.make();
        Path expected = folder.resolve("expected");
        if (!qemu.convert(path, expected)) {
            return false;
        }
        String story = "seed " + seed + "\n" + qemu.story();
        MemorySegment content = MemorySegment.ofArray(Files.readAllBytes(expected));
        try (Arena arena = Arena.ofConfined();
                Image image = Images.open(ImageName.parse("qcow2:" + path), true);
                ImageIo io = new ImageIo(image)) {
            assertThat(image.geometry().capacity()).as(story).isEqualTo(content.byteSize());
            MemorySegment buffer = arena.allocate(LARGEST_READ + 4096, 4096);
            Random random = new Random(seed);
            for (long at = 0; at < content.byteSize(); ) {
                long length = Math.min(content.byteSize() - at, 512 * (1 + random.nextLong(LARGEST_READ / 512)));
                MemorySegment read = buffer.asSlice(random.nextInt(4) * 512L, length);
                io.read(at, read);
                assertThat(read.mismatch(content.asSlice(at, length)))
                        .as("%s%nread of %d at %d", story, length, at)
                        .isEqualTo(-1);
                at += length;
            }
            checkExtents(image, content, story);
        }
        return true;
    }

    /** Each byte lies in one extent, and where no data is said to be there is none. */
    private static void checkExtents(Image image, MemorySegment content, String story) {
        for (long at = 0; at < content.byteSize(); ) {
            Extent extent = image.extentAt(at);
            assertThat(extent.offset()).as(story).isEqualTo(at);
            assertThat(extent.end()).as(story).isBetween(at + 1, content.byteSize());
            if (!extent.isData()) {
                MemorySegment zeros = MemorySegment.ofArray(new byte[(int) extent.length()]);
                assertThat(content.asSlice(at, extent.length()).mismatch(zeros))
                        .as("%s%n%s", story, extent)
                        .isEqualTo(-1);
            }
            at = extent.end();
        }
    }

    private static void clear(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }
}
