// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images by hand-written bytes: what is read, what is refused and why, and what damage does. */
@Timeout(60)
class Qcow2ImageTest {
    @TempDir
    private Path folder;

    private Path path() {
        return folder.resolve("a.qcow2");
    }

    private static byte[] read(ImageName name) {
        try (Arena arena = Arena.ofConfined();
                Image image = Images.open(name, true);
                ImageIo io = new ImageIo(image)) {
            MemorySegment memory = arena.allocate(image.geometry().capacity(), 4096);
            io.read(0, memory);
            return memory.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private void refused(Qcow2File file, String... words) throws IOException {
        ImageName name = file.write(path());
        assertThatThrownBy(() -> Images.open(name, true).close())
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("image " + name + ": ")
                .hasMessageContainingAll(words);
    }

    @Test
    void eachSortOfClusterReadsAsItSays() throws IOException {
        assertThat(read(new Qcow2File().write(path()))).isEqualTo(Qcow2File.disk());
    }

    @Test
    void extentsTellTheSortsApart() throws IOException {
        int cluster = Qcow2File.CLUSTER;
        try (Image image = Images.open(new Qcow2File().write(path()), true)) {
            assertThat(image.extentAt(0)).isEqualTo(new Extent(0, cluster, Extent.Sort.DATA));
            assertThat(image.extentAt(cluster)).isEqualTo(new Extent(cluster, cluster, Extent.Sort.ZERO));
            assertThat(image.extentAt(2L * cluster)).isEqualTo(new Extent(2L * cluster, cluster, Extent.Sort.DATA));
            assertThat(image.extentAt(3L * cluster + 1))
                    .isEqualTo(new Extent(3L * cluster + 1, cluster - 1, Extent.Sort.HOLE));
        }
    }

    @Test
    void whatIsBehindTheEndOfTheFileIsZero() throws IOException {
        byte[] disk = Qcow2File.disk();
        Arrays.fill(disk, 100, Qcow2File.CLUSTER, (byte) 0);
        Qcow2File cut = new Qcow2File()
                .u64(Qcow2File.L2 + 16, 0) // the compressed cluster, which lies behind
                .length(Qcow2File.DATA + 100);
        Arrays.fill(disk, 2 * Qcow2File.CLUSTER, 3 * Qcow2File.CLUSTER, (byte) 0);
        assertThat(read(cut.write(path()))).isEqualTo(disk);
    }

    @Test
    void theBackingFileShowsWhereNothingIsAllocated() throws IOException {
        byte[] below = new byte[3 * Qcow2File.CLUSTER + 77]; // ends in the middle of a sector
        Arrays.fill(below, (byte) 0xba);
        Files.write(folder.resolve("base.raw"), below);
        byte[] disk = Qcow2File.disk();
        Arrays.fill(disk, 3 * Qcow2File.CLUSTER, 3 * Qcow2File.CLUSTER + 77, (byte) 0xba);
        assertThat(read(new Qcow2File().backing("base.raw", "raw").write(path())))
                .isEqualTo(disk);
    }

    @Test
    void backingFilesAreNeverGuessedAt() throws IOException {
        refused(new Qcow2File().backing("base", null), "\"base\"", "guessing isn't safe", "rebase");
        refused(new Qcow2File().backing("nbd://host/x", "raw"), "no path", "\"nbd://host/x\"");
        refused(new Qcow2File().backing("json:{}", "raw"), "no path");
        refused(new Qcow2File().backing("base", "vmdk"), "\"vmdk\"", "convert");
        refused(new Qcow2File().backing("/dev/tty", "raw"), "neither file nor block device");
        refused(new Qcow2File().backing("base", "raw"), "its backing file: image raw:", "does not exist");
    }

    @Test
    void backingFilesInACircleEnd() throws IOException {
        ImageName name = new Qcow2File().backing("a.qcow2", "qcow2").write(path());
        assertThatThrownBy(() -> Images.open(name, true).close())
                .hasMessageStartingWith("image " + name + ": its backing file: image " + name + ": has more than 32")
                .hasMessageContaining("go in a circle");
    }

    @Test
    void noImageIsLostForABackingFileThatCanNotBeHad() throws IOException {
        ImageName name = ImageName.parse("qcow2:" + path());
        Qcow2Image.create(name, NewImage.of(1 << 20), false).close();
        byte[] before = Files.readAllBytes(path());
        NewImage above = NewImage.of(1 << 20);
        assertThatThrownBy(() -> Qcow2Image.create(name, above.withBacking("missing", "raw"), true))
                .hasMessageContainingAll("its backing file", "does not exist");
        assertThatThrownBy(() -> Qcow2Image.create(name, above.withBacking("a.qcow2", "qcow2"), true))
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(ImageException.Code.IN_USE));
        assertThat(Files.readAllBytes(path())).isEqualTo(before);
    }

    @Test
    void whatCanNotBeServedIsRefusedWithItsReason() throws IOException {
        refused(new Qcow2File().u32(HeaderField.MAGIC, 1), "no qcow2 image", "raw:");
        refused(new Qcow2File().u32(HeaderField.VERSION, 4), "version 4");
        refused(new Qcow2File().u32(HeaderField.CRYPT_METHOD, 2), "LUKS");
        refused(new Qcow2File().u64(HeaderField.INCOMPATIBLE, Feature.CORRUPT), "marked as corrupt", "check -r");
        refused(new Qcow2File().u64(HeaderField.SIZE, 1000), "512", "resize");
        byte[] names = new byte[48];
        names[1] = 7;
        System.arraycopy("teleport".getBytes(StandardCharsets.US_ASCII), 0, names, 2, 8);
        refused(
                new Qcow2File().u64(HeaderField.INCOMPATIBLE, 1 << 7).extension(HeaderExtension.FEATURE_NAMES, names),
                "feature bit 7 (\"teleport\")");
        refused(new Qcow2File().u64(HeaderField.INCOMPATIBLE, Feature.EXTERNAL_DATA), "in another file");
    }

    @Test
    void whatCanOnlyBeReadIsRefusedToWriters() throws IOException {
        refusedToWriters(new Qcow2File().u64(HeaderField.INCOMPATIBLE, Feature.DIRTY), "refcounts", "check -r");
        refusedToWriters(new Qcow2File().u32(HeaderField.SNAPSHOTS, 1), "internal snapshots", "read-only");
        refusedToWriters(new Qcow2File().u32(HeaderField.REFCOUNT_CLUSTERS, 0), "no refcount table");
        refusedToWriters(new Qcow2File().u64(Qcow2File.CLUSTER, 77), "refcount table is 4d");
    }

    private void refusedToWriters(Qcow2File file, String... words) throws IOException {
        ImageName name = file.write(path());
        assertThatThrownBy(() -> Images.open(name, false).close())
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("image " + name + ": ")
                .hasMessageContainingAll(words);
        Images.open(name, true).close();
    }

    @Test
    void headersThatCanNotBeAreRefused() throws IOException {
        refused(new Qcow2File().length(80), "header_length is 0");
        refused(new Qcow2File().u32(HeaderField.CLUSTER_BITS, 8), "cluster_bits is 8");
        refused(new Qcow2File().u32(HeaderField.CLUSTER_BITS, 22), "cluster_bits is 22");
        refused(new Qcow2File().u32(HeaderField.HEADER_LENGTH, 96), "header_length is 96");
        refused(new Qcow2File().u32(HeaderField.HEADER_LENGTH, 4096), "header_length");
        refused(new Qcow2File().u32(HeaderField.REFCOUNT_ORDER, 7), "refcount_order is 7");
        refused(new Qcow2File().u64(HeaderField.L1_OFFSET, 700), "L1 table lies at 700");
        refused(new Qcow2File().u64(HeaderField.L1_OFFSET, 0), "where its header does");
        refused(new Qcow2File().u64(HeaderField.L1_OFFSET, 1L << 40), "beyond the end of the file");
        refused(new Qcow2File().u64(HeaderField.L1_OFFSET, -512), "no possible place");
        refused(new Qcow2File().u64(HeaderField.REFCOUNT_OFFSET, Qcow2File.L1), "overlap");
        refused(new Qcow2File().u32(HeaderField.L1_ENTRIES, 0), "needs 1");
        refused(new Qcow2File().u64(HeaderField.SIZE, 1L << 40), "needs");
        refused(new Qcow2File().u64(HeaderField.SIZE, -512), "its size is");
        refused(new Qcow2File().u32(HeaderField.L1_ENTRIES, 1L << 30), "l1_size");
        refused(new Qcow2File().u64(HeaderField.INCOMPATIBLE, Feature.EXTENDED_L2), "extended L2 entries");
        refused(new Qcow2File().u64(HeaderField.INCOMPATIBLE, Feature.COMPRESSION), "compression_type");
        refused(new Qcow2File().u64(HeaderField.BACKING_OFFSET, 50), "backing file");
        refused(
                new Qcow2File().u64(HeaderField.BACKING_OFFSET, 500).u32(HeaderField.BACKING_LENGTH, 13),
                "backing file");
        refused(new Qcow2File().u32(104, 1).u32(108, 1000), "header extension at byte 104");
    }

    @Test
    void damagedTablesAreErrorsWhereTheyAre() throws IOException {
        byte[] sound = Arrays.copyOf(Qcow2File.disk(), Qcow2File.CLUSTER);
        for (long entry : new long[] {
            L2Entry.COPIED | 1L << 55, // data, behind the end: zeros
            1L << 62 | 1L << 50, // compressed, behind the end
            1L << 62 | Qcow2File.DATA // compressed, of what is no deflate
        }) {
            ImageName name = new Qcow2File().u64(Qcow2File.L2 + 24, entry).write(path());
            try (Arena arena = Arena.ofConfined();
                    Image image = Images.open(name, true);
                    ImageIo io = new ImageIo(image)) {
                MemorySegment memory = arena.allocate(Qcow2File.DISK, 512);
                if ((entry & L2Entry.COMPRESSED) != 0) {
                    assertThatThrownBy(() -> io.read(0, memory)).isInstanceOf(ImageException.class);
                }
                io.read(0, memory.asSlice(0, Qcow2File.CLUSTER));
                assertThat(memory.asSlice(0, Qcow2File.CLUSTER).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(sound);
            }
        }
    }

    @Test
    void anyBytesAreReadOrRefused() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 100; i++) {
            ImageName name = damaged(random);
            try (Arena arena = Arena.ofConfined();
                    Image image = Images.open(name, true);
                    ImageIo io = new ImageIo(image)) {
                long capacity = Math.min(image.geometry().capacity(), 1 << 16);
                io.read(0, arena.allocate(capacity, 512));
                assertThat(image.extentAt(0).length()).as("seed %d", seed).isPositive();
            } catch (ImageException e) {
                assertThat(e).as("seed %d", seed).hasMessageStartingWith("image qcow2:");
            }
        }
    }

    @Test
    void anyBytesAreWrittenToOrRefused() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 100; i++) {
            ImageName name = damaged(random);
            try (Arena arena = Arena.ofConfined();
                    Image image = Images.open(name, false);
                    ImageIo io = new ImageIo(image)) {
                long most = Math.min(image.geometry().capacity(), 1 << 20);
                MemorySegment data = arena.allocate(512, 512).fill((byte) 1);
                for (int write = 0; write < 8; write++) {
                    change(io, 512 * random.nextLong(most / 512), data, random.nextBoolean());
                }
            } catch (ImageException e) {
                assertThat(e).as("seed %d", seed).hasMessageStartingWith("image qcow2:");
            }
        }
    }

    /** An error for a request is no surprise. */
    private static void change(ImageIo io, long offset, MemorySegment data, boolean write) {
        try {
            if (write) {
                io.write(offset, data);
            } else {
                io.zero(offset, data.byteSize());
            }
        } catch (ImageException e) {
            assertThat(e).hasMessageContaining("failed");
        }
    }

    private ImageName damaged(Random random) throws IOException {
        byte[] bytes = new Qcow2File().bytes();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            int area = random.nextInt(6);
            int at = (area < 2 ? Qcow2File.L1 : area == 2 ? Qcow2File.CLUSTER : 4 * random.nextInt(27))
                    + random.nextInt(8);
            bytes[at] = (byte) (random.nextBoolean() ? 1 << random.nextInt(8) : random.nextInt());
        }
        for (int counts = random.nextInt(4); counts > 0; counts--) {
            bytes[2 * Qcow2File.CLUSTER + random.nextInt(32)] = (byte) random.nextInt(3);
        }
        byte[] entry = ByteBuffer.allocate(8)
                .putLong(random.nextLong() >>> random.nextInt(64))
                .array();
        System.arraycopy(entry, 0, bytes, Qcow2File.L2 + 8 * random.nextInt(4), 8);
        Files.write(path(), bytes);
        return ImageName.parse("qcow2:" + path().toAbsolutePath());
    }
}
