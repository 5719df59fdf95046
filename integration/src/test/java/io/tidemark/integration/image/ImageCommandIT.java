// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.storage.LoopDevice;
import io.tidemark.integration.store.Ceph;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemark image}, with qemu-img and Ceph's own tool as judges. */
class ImageCommandIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int MIB = 1 << 20;
    private static final int SIZE = 48 * MIB;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path folder;

    private static String run(String... command) {
        return Command.run(LIMIT, List.of(command))
                .orThrow(Arrays.toString(command))
                .output();
    }

    /** A raw file with data, holes, and zeros that take up space. */
    private Path source() throws IOException {
        Path file = folder.resolve("source.img");
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(SIZE);
            for (int i = 0; i < 40; i++) {
                byte[] bytes = new byte[4096 * (1 + random.nextInt(100))];
                if (random.nextInt(3) > 0) {
                    random.nextBytes(bytes);
                }
                out.seek(4096L * random.nextInt((SIZE - bytes.length) / 4096));
                out.write(bytes);
            }
        }
        return file;
    }

    private static JsonNode convert(String from, String to, String... more) {
        String[] arguments = new String[4 + more.length];
        System.arraycopy(new String[] {"image", "convert", from, to}, 0, arguments, 0, 4);
        System.arraycopy(more, 0, arguments, 4, more.length);
        return TidemarkCli.json(arguments);
    }

    private static void assertSame(Path one, String format, Path other) {
        run("qemu-img", "compare", "-f", "raw", "-F", format, one.toString(), other.toString());
    }

    @Test
    void filesAreCopiedSparsely() throws IOException {
        Path source = source();
        Path copy = folder.resolve("copy.img");
        JsonNode report = convert("raw:" + source, "raw:" + copy);
        assertThat(report.get("bytes").asLong()).isEqualTo(SIZE);
        assertThat(report.get("written").asLong()).isBetween(1L, SIZE - 1L);
        assertThat(Files.mismatch(source, copy)).isEqualTo(-1);
        assertThat(allocated(copy)).isLessThanOrEqualTo(allocated(source));
        assertThat(folder.resolve("copy.img.tidemark-new")).doesNotExist();

        Path chained = folder.resolve("chained.qcow2");
        run("qemu-img", "create", "-q", "-f", "qcow2", "-b", source.toString(), "-F", "raw", chained.toString());
        run("qemu-io", "-f", "qcow2", "-c", "write -P 7 1M 3M", "-c", "write -z 9M 2M", chained.toString());
        Path flat = folder.resolve("flat.img");
        convert("qcow2:" + chained, "raw:" + flat);
        assertSame(flat, "qcow2", chained);
    }

    private static long allocated(Path file) throws IOException {
        return 512 * Long.parseLong(run("stat", "-c", "%b", file.toString()).strip());
    }

    @Test
    void qcow2ImagesAreMadeAndFilled() throws IOException {
        Path source = source();
        Path target = folder.resolve("target.qcow2");
        convert("raw:" + source, "qcow2:" + target);
        assertSame(source, "qcow2", target);
        run("qemu-img", "check", "-f", "qcow2", target.toString());
        assertThat(Files.size(target)).isLessThan(SIZE);
        Path back = folder.resolve("back.img");
        convert("qcow2:" + target, "raw:" + back);
        assertThat(Files.mismatch(source, back)).isEqualTo(-1);

        Path made = folder.resolve("made.qcow2");
        TidemarkCli.json(
                "image", "create", "qcow2:" + made, "48M", "--cluster-size", "4K", "--backing", "raw:source.img");
        assertSame(source, "qcow2", made);
        JsonNode details = TidemarkCli.json("image", "info", "qcow2:" + made).get("details");
        assertThat(details.get("cluster size").asText()).isEqualTo("4096");
        assertThat(details.get("backing file").asText()).isEqualTo("source.img");

        String inCluster = "qcow2:" + Ceph.newImage("commands");
        convert("raw:" + source, inCluster);
        Path exported = Ceph.export(inCluster.substring("qcow2:".length()), folder.resolve("exported.qcow2"));
        assertSame(source, "qcow2", exported);
        run("qemu-img", "check", "-f", "qcow2", exported.toString());
    }

    @Test
    void whatIsThereStaysUnlessItIsForced() throws IOException {
        Path source = source();
        Path target = folder.resolve("target.img");
        Files.write(target, new byte[MIB]);
        Command refused = TidemarkCli.run("image", "convert", "raw:" + source, "raw:" + target);
        assertThat(refused.code()).isEqualTo(7);
        assertThat(refused.errors()).contains("exists already").contains("--force");
        assertThat(Files.size(target)).isEqualTo(MIB);
        convert("raw:" + source, "raw:" + target, "--force");
        assertThat(Files.mismatch(source, target)).isEqualTo(-1);
        Command onItself = TidemarkCli.run("image", "convert", "raw:" + source, "raw:" + source, "--force");
        assertThat(onItself.code()).isEqualTo(4);
        Command damaged = TidemarkCli.run("image", "convert", "qcow2:" + source, "raw:" + target, "--force");
        assertThat(damaged.code()).isNotZero();
        assertThat(Files.mismatch(source, target)).isEqualTo(-1);
    }

    /** Whoever uses it by that name, or as that user, finds it there afterwards. */
    @Test
    void aFileIsReplacedWhereItLies() throws IOException {
        Path source = source();
        Path target = Files.write(Files.createDirectory(folder.resolve("far")).resolve("target.img"), new byte[MIB]);
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-rw-r--"));
        Path link = Files.createSymbolicLink(folder.resolve("link.img"), target);
        convert("raw:" + source, "raw:" + link, "--force");
        assertThat(link).isSymbolicLink();
        assertThat(Files.mismatch(source, target)).isEqualTo(-1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                .isEqualTo("rw-rw-r--");

        Path empty = Files.createFile(folder.resolve("empty.img"));
        convert("raw:" + source, "raw:" + empty, "--force");
        assertThat(Files.mismatch(source, empty)).isEqualTo(-1);

        Files.delete(target);
        Command nowhere = TidemarkCli.run("image", "convert", "raw:" + source, "raw:" + link);
        assertThat(nowhere.code()).isEqualTo(7);
        assertThat(nowhere.errors()).contains("leads nowhere");
        assertThat(folder.resolve("link.img.tidemark-new")).doesNotExist();
    }

    @Test
    void aSignalLeavesNothingHalfMade() throws IOException {
        // All of it is read, and nothing written.
        Path source = folder.resolve("large.qcow2");
        run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "preallocation=metadata", source.toString(), "256G");
        Path target = folder.resolve("target.img");
        Path incomplete = folder.resolve("target.img.tidemark-new");
        stopped(() -> Files.exists(incomplete), "convert", "qcow2:" + source, "raw:" + target);
        assertThat(incomplete).doesNotExist();
        stopped(() -> Files.exists(target), "create", "raw:" + target, "64G", "--preallocation", "full");
        assertThat(target).doesNotExist();
        stopped(() -> Files.exists(target), "create", "qcow2:" + target, "64G", "--preallocation", "full");
        assertThat(target).doesNotExist();
        String image = "rbd:rbd/stopped:conf=" + Ceph.cluster().configuration();
        stopped(() -> Ceph.cluster().rbd("ls", "rbd").contains("stopped"), "convert", "qcow2:" + source, image);
        assertThat(Ceph.cluster().rbd("ls", "rbd")).doesNotContain("stopped");
    }

    private static void stopped(BooleanSupplier isThere, String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of(Checkout.file("bin/tidemark"), "image"));
        all.addAll(List.of(command));
        Process process = new ProcessBuilder(all).inheritIO().start();
        try {
            Await.until("an image that is being made", LIMIT, isThere);
            process.destroy();
            Await.until("the end of " + all, LIMIT, () -> !process.isAlive());
            assertThat(process.exitValue()).isEqualTo(128 + 15);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void clustersAreCopiedIntoAndFrom() throws IOException {
        Path source = source();
        String image = Ceph.newImage("commands");
        String place = image.substring("rbd:".length()).split(":")[0];
        convert("raw:" + source, image);
        assertThat(Files.mismatch(source, Ceph.export(image, folder.resolve("exported.img"))))
                .isEqualTo(-1);
        Path back = folder.resolve("back.img");
        convert(image, "raw:" + back);
        assertThat(Files.mismatch(source, back)).isEqualTo(-1);
        assertThat(allocated(back)).isLessThanOrEqualTo(allocated(source));
        assertThat(TidemarkCli.run("image", "convert", "raw:" + source, image).code())
                .isEqualTo(7);
        Files.write(source, new byte[SIZE]);
        convert("raw:" + source, image, "--force");
        assertThat(Files.mismatch(source, Ceph.export(image, folder.resolve("zeros.img"))))
                .isEqualTo(-1);
        assertThat(Ceph.cluster().rbd("info", place)).contains("exclusive-lock");
    }

    /** Names differ by client and configuration; and a qcow2 image has tables in the image that it lies in. */
    @Test
    void noImageInAClusterIsCopiedOntoItself() throws IOException {
        Path source = source();
        String image = Ceph.newImage("commands");
        String place = image.substring("rbd:".length()).split(":")[0];
        convert("raw:" + source, image);
        Path otherConfiguration = Files.copy(Ceph.cluster().configuration(), folder.resolve("other.conf"));
        for (String onto :
                List.of(image, image + ":id=admin", "rbd:" + place + ":conf=" + otherConfiguration, "qcow2:" + image)) {
            assertRefusedOntoItself(image, onto);
        }
        assertThat(Files.mismatch(source, Ceph.export(image, folder.resolve("kept.img"))))
                .isEqualTo(-1);

        String tables = "qcow2:" + Ceph.newImage("commands");
        convert("raw:" + source, tables);
        assertRefusedOntoItself(tables, tables);
        assertRefusedOntoItself(tables, tables.substring("qcow2:".length()));
        Path back = folder.resolve("back.img");
        convert(tables, "raw:" + back);
        assertThat(Files.mismatch(source, back)).isEqualTo(-1);

        // A snapshot is another image than the one that goes on.
        Ceph.cluster().rbd("snap", "create", "--no-progress", place + "@then");
        convert("raw:" + Files.write(folder.resolve("zeros.img"), new byte[SIZE]), image, "--force");
        convert("rbd:" + place + "@then:conf=" + otherConfiguration, image, "--force");
        assertThat(Files.mismatch(source, Ceph.export(image, folder.resolve("then.img"))))
                .isEqualTo(-1);
    }

    private static void assertRefusedOntoItself(String image, String onto) {
        Command refused = TidemarkCli.run("image", "convert", image, onto, "--force");
        assertThat(refused.code()).as(onto).isEqualTo(4);
        assertThat(refused.errors()).contains("is read from").contains("name another");
    }

    @Test
    void devicesLoseWhatTheyHeld() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/loop-control")), "no loop devices here");
        Path source = source();
        Path below = folder.resolve("below.img");
        byte[] before = new byte[SIZE];
        Arrays.fill(before, (byte) 9);
        Files.write(below, before);
        try (LoopDevice device = LoopDevice.over(below)) {
            String target = "raw:" + device.device();
            assertThat(TidemarkCli.run("image", "convert", "raw:" + source, target)
                            .code())
                    .isEqualTo(7);
            convert("raw:" + source, target, "--force");
            assertThat(TidemarkCli.json("image", "info", target).get("capacity").asLong())
                    .isEqualTo(SIZE);
            Path back = folder.resolve("back.img");
            convert(target, "raw:" + back);
            assertThat(Files.mismatch(source, back)).isEqualTo(-1);
        }
        assertThat(Files.mismatch(source, below)).isEqualTo(-1);
        try (LoopDevice device = LoopDevice.over(below)) {
            String tables = "qcow2:" + device.device();
            assertThat(TidemarkCli.run("image", "create", tables, "32M", "--force", "--preallocation", "metadata")
                            .code())
                    .isEqualTo(2);
        }
        for (String how : new String[] {"off", "falloc", "full"}) {
            Files.write(below, before);
            try (LoopDevice device = LoopDevice.over(below)) {
                String target = "raw:" + device.device();
                assertThat(TidemarkCli.run("image", "create", target, "32M").code())
                        .isEqualTo(7);
                TidemarkCli.json("image", "create", target, "32M", "--force", "--preallocation", how);
            }
            assertThat(Files.readAllBytes(below)).as(how).isEqualTo(new byte[SIZE]);
        }
    }

    @Test
    void imagesAreMade() throws IOException {
        Path sparse = folder.resolve("sparse.img");
        assertThat(TidemarkCli.json("image", "create", "raw:" + sparse, "32M")
                        .get("capacity")
                        .asLong())
                .isEqualTo(32 * MIB);
        assertThat(allocated(sparse)).isLessThan(MIB);
        for (String how : new String[] {"falloc", "full"}) {
            Path file = folder.resolve(how + ".img");
            TidemarkCli.json("image", "create", "raw:" + file, "32M", "--preallocation", how);
            assertThat(allocated(file)).isGreaterThanOrEqualTo(32 * MIB);
            assertThat(Files.mismatch(sparse, file)).isEqualTo(-1);
        }
        assertThat(TidemarkCli.run("image", "create", "raw:" + sparse, "32M").code())
                .isEqualTo(7);
        assertThat(TidemarkCli.run("image", "create", "raw:" + folder.resolve("odd.img"), "1000")
                        .code())
                .isEqualTo(2);

        assertThat(TidemarkCli.run("image", "create", "raw:" + sparse, "32M", "--force", "--preallocation", "metadata")
                        .code())
                .isEqualTo(2);

        String image = Ceph.newImage("commands");
        String place = image.substring("rbd:".length()).split(":")[0];
        TidemarkCli.json("image", "create", image, "32M", "--object-size", "1M");
        assertThat(Ceph.cluster().rbd("info", place)).contains("order 20 (1 MiB objects)", "size 32 MiB");
        JsonNode info = TidemarkCli.json("image", "info", image);
        assertThat(info.get("details").get("object size").asText()).isEqualTo(Integer.toString(MIB));
        assertThat(info.get("details").get("features").asText())
                .contains("layering")
                .contains("exclusive-lock");
        JsonNode map = TidemarkCli.json("image", "map", image);
        assertThat(map.get("extents")).hasSize(1);
        assertThat(map.get("extents").get(0).get("sort").asText()).isEqualToIgnoringCase("hole");

        Command otherObjects = TidemarkCli.run("image", "create", image, "16M", "--object-size", "4M", "--force");
        assertThat(otherObjects.code()).isEqualTo(9);
        assertThat(otherObjects.errors()).contains("objects of 1048576 bytes");
        assertThat(Ceph.cluster().rbd("info", place)).contains("size 32 MiB");
        // Somebody was interrupted who makes it so.
        Ceph.cluster().rbd("resize", "--size", "0", "--allow-shrink", "--no-progress", place);
        TidemarkCli.json("image", "create", image, "16M", "--object-size", "1M", "--force");
        assertThat(Ceph.cluster().rbd("info", place)).contains("order 20 (1 MiB objects)", "size 16 MiB");
        assertThat(TidemarkCli.json("image", "map", image).get("extents")).hasSize(1);
    }
}
