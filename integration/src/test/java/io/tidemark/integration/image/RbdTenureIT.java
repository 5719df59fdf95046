// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.disk.Creation;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.load.BackgroundLoad;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.store.Ceph;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose an rbd image is: one agent's, however another came by it; and what becomes of requests when the cluster doesn't serve them. */
@Timeout(180)
class RbdTenureIT {
    private static final int MIB = 1 << 20;
    private static final int QUEUES = 2;
    private static final int DEPTH = 8;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path folder;

    private final String image = Ceph.newImage("tenure");
    private final MemorySegment ones =
            NativeMemory.anonymous(MIB, Arena.ofAuto()).fill((byte) 1);

    private ImageName make(long bytes) {
        ImageName name = ImageName.parse(image);
        Images.create(name, bytes, false).close();
        return name;
    }

    private TidemarkAgent serve() {
        return TidemarkAgent.start(
                folder.resolve("agent.log"), ServedDisk.of(Path.of(image), folder.resolve("vda.sock"), QUEUES));
    }

    @Test
    void whoHasItIsNamed() {
        ImageName name = make(16 * MIB);
        try (TidemarkAgent agent = serve()) {
            assertThatThrownBy(() -> Images.open(name, false))
                    .isInstanceOfSatisfying(
                            ImageException.class, e -> assertThat(e.code()).isEqualTo(Code.IN_USE))
                    .hasMessageContaining("a Tidemark agent has it open, process " + agent.pid() + " on host ");
            assertThat(agent.terminate()).isZero();
        }
        Images.open(name, false).close();
    }

    /** A killed agent's lock is another one's at once; the cluster lets nothing pass any more that the dead has sent. */
    @Test
    void theDeadAreLockedOut() throws IOException {
        make(16 * MIB);
        int before = Ceph.cluster().ceph("osd", "blocklist", "ls").split("\n").length;
        try (TidemarkAgent agent = serve()) {
            agent.kill();
        }
        // Whatever else is configured.
        Path configuration = Files.writeString(
                folder.resolve("ceph.conf"),
                Files.readString(Ceph.cluster().configuration()) + "rbd_blocklist_on_break_lock = false\n");
        Images.open(ImageName.parse("rbd:" + place() + ":conf=" + configuration), false)
                .close();
        assertThat(Ceph.cluster().ceph("osd", "blocklist", "ls").split("\n").length)
                .isGreaterThan(before);
    }

    @Test
    void whoIsLockedOutGetsErrors() {
        ImageName name = make(16 * MIB);
        try (Image locked = Images.open(name, false);
                ImageIo io = new ImageIo(locked)) {
            io.write(0, ones);
            String owner = Ceph.cluster().rbd("lock", "list", place());
            String address = Arrays.stream(owner.split("\\s+"))
                    .filter(word -> word.matches("[0-9.]+:[0-9]+/[0-9]+"))
                    .findFirst()
                    .orElseThrow();
            Ceph.cluster().ceph("osd", "blocklist", "add", address);
            assertThatThrownBy(() -> {
                        // The first may have been there before the news.
                        for (int i = 0; i < 1000; i++) {
                            io.write(MIB, ones);
                        }
                    })
                    .isInstanceOfSatisfying(
                            ImageException.class, e -> assertThat(e.code()).isEqualTo(Code.IO));
            assertThatThrownBy(() -> io.read(0, ones)).isInstanceOf(ImageException.class);
            assertThatThrownBy(locked::unlock)
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("has locked this client out");
        }
        try (Image next = Images.open(name, false);
                ImageIo io = new ImageIo(next)) {
            io.write(MIB, ones);
        }
    }

    /** An operator can take the lock away without locking its owner out, and the next who comes has it. */
    @Test
    void whoHasLostTheLockWritesNoMore() throws IOException {
        ImageName name = make(16 * MIB);
        try (Image first = Images.open(name, false);
                ImageIo io = new ImageIo(first)) {
            io.write(0, ones);
            JsonNode lock = new ObjectMapper()
                    .readTree(Ceph.cluster().rbd("lock", "list", place(), "--format", "json"))
                    .get(0);
            String id = lock.get("id").asText();
            String locker = lock.get("locker").asText();
            Ceph.cluster().rbd("lock", "remove", place(), id, locker, "--rbd_blocklist_on_break_lock=false");
            try (Image second = Images.open(name, false);
                    ImageIo other = new ImageIo(second)) {
                Await.until("an error", Duration.ofSeconds(30), () -> {
                    try {
                        io.write(MIB, ones);
                        return false;
                    } catch (ImageException e) {
                        return e.code() == Code.IO;
                    }
                });
                other.write(2 * MIB, ones);
            }
        }
    }

    /** Who reads has no lock, so it isn't given an image that somebody writes; but a snapshot stays as it is. */
    @Test
    void whatIsServedIsReadByItsSnapshotsAlone() {
        ImageName name = make(16 * MIB);
        Ceph.cluster().rbd("snap", "create", "--no-progress", place() + "@then");
        ImageName snapshot = ImageName.parse(
                "rbd:" + place() + "@then:conf=" + Ceph.cluster().configuration());
        try (TidemarkAgent agent = serve()) {
            assertThatThrownBy(() -> Images.open(name, true))
                    .isInstanceOfSatisfying(
                            ImageException.class, e -> assertThat(e.code()).isEqualTo(Code.IN_USE));
            Images.open(snapshot, true).close();
            assertThat(agent.terminate()).isZero();
        }
        Images.open(name, true).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "qcow2:"})
    void nothingIsLeftOfWhatCanNotBeMadeWhole(String kind) {
        ImageName name = ImageName.parse(kind + image);
        assertThatThrownBy(() -> {
                    try (Creation creation = new Creation(name);
                            Image made = creation.make(false, replace -> Images.create(name, MIB, replace))) {
                        throw new IllegalStateException("while it is filled: " + made.name());
                    }
                })
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Images.open(name, true))
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(Code.NOT_FOUND));
        assertThatThrownBy(() -> Images.create(name, 1000, false)).isInstanceOf(ImageException.class);
        assertThatThrownBy(() -> Images.open(name, true))
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(Code.NOT_FOUND));
    }

    private String place() {
        return image.substring("rbd:".length()).split(":")[0];
    }

    /** The guest waits for as long as the cluster does, and goes on with it. */
    @Test
    void anOsdThatHangsOrDiesIsWaitedFor() {
        make(VerifyingLoad.bytes(QUEUES, DEPTH));
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        try (TidemarkAgent agent = serve();
                BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
            VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
            try (BackgroundLoad running = BackgroundLoad.start(load)) {
                running.awaitMore(200);
                Ceph.cluster().pauseOsd();
                Ceph.cluster().resumeOsd();
                running.awaitMore(200);
                Ceph.cluster().killOsd();
                Ceph.cluster().startOsd();
                running.awaitMore(200);
                running.finish();
            }
            assertThat(load.acknowledged()).isEqualTo(load.submitted());
            load.checkState(Ceph.export(image, folder.resolve("copy.img")), load.submitted());
            assertThat(agent.terminate()).isZero();
        }
    }

    @Test
    void whatCanNotBeOpenedIsTold() {
        ImageName name = make(16 * MIB);
        String place = place();
        Ceph.cluster().rbd("snap", "create", "--no-progress", place + "@before");
        try (Image opened = Images.open(name, false);
                ImageIo io = new ImageIo(opened)) {
            io.write(0, ones);
        }
        ImageName snapshot = ImageName.parse(
                "rbd:" + place + "@before:conf=" + Ceph.cluster().configuration());
        assertThatThrownBy(() -> Images.open(snapshot, false)).hasMessageContaining("read-only=on");
        try (Image then = Images.open(snapshot, true);
                ImageIo io = new ImageIo(then)) {
            MemorySegment read = NativeMemory.anonymous(MIB, Arena.ofAuto()).fill((byte) 7);
            io.read(0, read);
            assertThat(read.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
            assertThat(then.extentAt(0)).isEqualTo(new Extent(0, 16 * MIB, Extent.Sort.HOLE));
        }
        Ceph.cluster().rbd("create", "--size", "4M", "--image-feature", "layering", place + "-plain");
        assertThatThrownBy(() -> Images.open(
                        ImageName.parse(
                                "rbd:" + place + "-plain:conf=" + Ceph.cluster().configuration()),
                        false))
                .hasMessageContaining("has no exclusive lock");
        assertThatThrownBy(() -> Images.open(
                        ImageName.parse("rbd:none/a:conf=" + Ceph.cluster().configuration()), false))
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(Code.NOT_FOUND));
    }
}
