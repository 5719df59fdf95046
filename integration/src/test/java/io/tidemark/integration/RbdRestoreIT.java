// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.image.RestoreNotes;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.restore.NotePlace;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.rbd.CephImage;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.store.Ceph;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Restores into images in a cluster, and in place on one that is served; and into qcow2 images. */
@Timeout(300)
class RbdRestoreIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 4;
    private static final int MIB = 1 << 20;
    private static final long LARGE = 128 * MIB;
    private static final int IN_USE = 4;
    private static final int REFUSED = 7;
    private static final int ATTEMPTS = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final String image = Ceph.newImage("restores");

    /** A history of small changes in the store. @return the disk as it is now */
    private Path history() {
        System.out.println("seed " + seed);
        Path disk = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        try (TidemarkAgent agent = protect(disk)) {
            agent.awaitCaughtUp();
            load(agent);
            assertThat(agent.terminate()).isZero();
        }
        return disk;
    }

    private void load(TidemarkAgent agent) {
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
            new VerifyingLoad(disk, DEPTH, seed).run(300);
            agent.awaitCaughtUp();
        }
    }

    /** Random content, so much that a restore takes its time. */
    private void fill(TidemarkAgent agent) {
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
            MemorySegment memory = disk.allocate(MIB);
            Random random = new Random(seed);
            byte[] content = new byte[MIB];
            for (long at = 0; at < LARGE; at += MIB) {
                random.nextBytes(content);
                memory.copyFrom(MemorySegment.ofArray(content));
                disk.queue(0).write(at, memory.address(), MIB, 1);
                assertThat(disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(30)))
                        .isEqualTo(1);
                assertThat(disk.queue(0).result(0)).isZero();
            }
            agent.awaitCaughtUp();
        }
    }

    private Path largeHistory() {
        System.out.println("seed " + seed);
        Path disk = newImage(LARGE);
        try (TidemarkAgent agent = protect(disk)) {
            agent.awaitCaughtUp();
            fill(agent);
            assertThat(agent.terminate()).isZero();
        }
        return disk;
    }

    private String[] restore(String point, String to, String... more) {
        List<String> command =
                new ArrayList<>(List.of("restore", "vda", "--store", store().toString(), "--at", point, "--to", to));
        command.addAll(List.of(more));
        return command.toArray(String[]::new);
    }

    private void assertHolds(String what, Path expected) throws IOException {
        assertThat(Files.mismatch(Ceph.export(what, newPath()), expected))
                .as("seed %s", seed)
                .isEqualTo(-1);
    }

    private static boolean isNoted(String image) {
        try (NotePlace place = RestoreNotes.beside(ImageName.parse(image)).orElseThrow()) {
            return place.read().isPresent();
        }
    }

    @Test
    void aRestoreThatIsKilledIsGoneOnWith() throws IOException {
        Path expected = largeHistory();
        die();
        Command served = TidemarkCli.run("serve", "--disk", "id=vdb,image=" + image + ",socket=" + folder.resolve("b"));
        assertThat(served.code()).as(served.errors()).isEqualTo(REFUSED);
        assertThat(served.errors())
                .contains("a restore into it is unfinished", "rados --pool rbd --namespace restores rm");
        Command copied = TidemarkCli.run("image", "convert", image, "raw:" + newPath());
        assertThat(copied.code()).as(copied.errors()).isEqualTo(REFUSED);
        assertThat(copied.errors()).contains("a restore into it is unfinished");
        // Else the restore would go on with an image that has lost what is done.
        Command emptied = TidemarkCli.run("image", "create", image, "128M", "--force");
        assertThat(emptied.code()).as(emptied.errors()).isEqualTo(REFUSED);
        Command overwritten = TidemarkCli.run("image", "convert", "raw:" + expected, image, "--force");
        assertThat(overwritten.code()).as(overwritten.errors()).isEqualTo(REFUSED);
        Command other = TidemarkCli.run(restore("write:0", image));
        assertThat(other.code()).as(other.errors()).isEqualTo(REFUSED);
        assertThat(other.errors()).contains("(asked for as \"latest\") is unfinished there");
        TidemarkCli.json(restore("latest", image));
        assertHolds(image, expected);
        assertThat(isNoted(image)).isFalse();

        Command again = TidemarkCli.run(restore("latest", image));
        assertThat(again.code()).as(again.errors()).isEqualTo(REFUSED);
        assertThat(again.errors()).contains("exists already");
        assertThat(isNoted(image)).isFalse();
        try (Image inUse = Images.open(ImageName.parse(image), false)) {
            Command refused = TidemarkCli.run(restore("write:0", image, "--force"));
            assertThat(refused.code()).as(refused.errors()).isEqualTo(IN_USE);
            assertThat(isNoted(inUse.name())).isFalse();
        }
        try (TidemarkAgent agent = serve(Path.of(image))) {
            assertThat(agent.terminate()).isZero();
        }
        assertHolds(image, expected);
    }

    @Test
    void anImageThatIsGoneIsMadeAnewAndOneThatIsNotIsForced() throws IOException {
        Path expected = largeHistory();
        die();
        ImageName name = ImageName.parse(image);
        Images.open(name, false).close();
        Await.until("the dead have left the image", PATIENCE, () -> {
            try {
                CephImage.remove(name);
                return true;
            } catch (ImageException e) {
                return false;
            }
        });
        assertThat(isNoted(image)).isTrue();
        TidemarkCli.json(restore("latest", image));
        assertHolds(image, expected);

        Images.create(name, 32 << 20, true).close();
        TidemarkCli.json(restore("latest", image, "--force"));
        assertHolds(image, expected);
        TidemarkCli.json(restore("write:0", image, "--force"));
        assertHolds(image, newImage(Files.size(expected)));
    }

    /** Restores, and is killed when the image holds something. */
    private void die() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try (Child restore = restoring()) {
                awaitNote();
                restore.await("an image that holds something", PATIENCE, this::holdsSomething);
                restore.kill();
            }
            if (isNoted(image)) {
                return;
            }
            CephImage.remove(ImageName.parse(image));
        }
        throw new AssertionError("restores were done before they could be killed");
    }

    private Child restoring(String... more) {
        List<String> command = new ArrayList<>(List.of(Checkout.file("bin/tidemark")));
        command.addAll(List.of(restore("latest", image, more)));
        return Child.start("tidemark restore", folder.resolve("restore.log"), command);
    }

    private void awaitNote() {
        try (NotePlace place = RestoreNotes.beside(ImageName.parse(image)).orElseThrow()) {
            Await.until(
                    "a restore that has begun to write",
                    PATIENCE,
                    () -> place.read().isPresent());
        }
    }

    private boolean holdsSomething() {
        try (Image opened = Images.openUnlocked(ImageName.parse(image), true)) {
            for (long at = 0; at < opened.geometry().capacity(); ) {
                Extent extent = opened.extentAt(at);
                if (extent.sort() == Extent.Sort.DATA) {
                    return true;
                }
                at = extent.end();
            }
            return false;
        } catch (ImageException e) {
            return false; // it isn't there yet
        }
    }

    @Test
    void qcow2ImagesAreRestoredInto() throws IOException {
        Path expected = history();
        Path file = folder.resolve("restored.qcow2");
        TidemarkCli.json(restore("latest", "qcow2:" + file));
        judge(expected, file);
        TidemarkCli.json(restore("latest", "qcow2:" + image));
        judge(expected, Ceph.export(image, folder.resolve("exported.qcow2")));
        assertThat(isNoted(image)).isFalse();
    }

    private static void judge(Path expected, Path qcow2) {
        Command.run(
                        PATIENCE,
                        List.of(
                                "qemu-img",
                                "compare",
                                "-f",
                                "raw",
                                "-F",
                                "qcow2",
                                expected.toString(),
                                qcow2.toString()))
                .orThrow("qemu-img compare");
        Command.run(PATIENCE, List.of("qemu-img", "check", "-f", "qcow2", qcow2.toString()))
                .orThrow("qemu-img check");
    }

    @Test
    void aServedDiskIsBroughtBackInPlaceAndThatIsUndone() throws IOException {
        System.out.println("seed " + seed);
        Images.create(ImageName.parse(image), LARGE, false).close();
        Path empty = newImage(LARGE);
        Path before;
        try (TidemarkAgent agent = protect(Path.of(image))) {
            agent.awaitCaughtUp();
            fill(agent);
            before = Ceph.export(image, newPath());
            new ControlClient(agent.control()).restore("vda", "write:0");
            awaitNote();
            agent.kill();
        }
        assertThat(isNoted(image)).isTrue();
        String undo;
        try (TidemarkAgent agent = protect(Path.of(image))) {
            RestoreStatus left = new ControlClient(agent.control()).restoring("vda");
            assertThat(left.state()).isEqualTo(RestoreStatus.State.UNFINISHED);
            assertThat(left.error()).contains("restored in part to write:0", left.undo());
            undo = "mark:" + left.undo();
            agent.awaitCaughtUp();
            inPlace(agent, "write:0");
            assertHolds(image, empty);
            assertThat(isNoted(image)).isFalse();
            inPlace(agent, undo);
            assertHolds(image, before);
            assertThat(isNoted(image)).isFalse();
            assertThat(agent.terminate()).isZero();
        }
        withoutAnAgent("write:0");
        assertHolds(image, empty);
        withoutAnAgent(undo);
        assertHolds(image, before);
        assertThat(TidemarkCli.verify(store()).code()).isZero();
    }

    private static void inPlace(TidemarkAgent agent, String point) {
        JsonNode done = TidemarkCli.json(
                "restore",
                "vda",
                "--at",
                point,
                "--in-place",
                "--control",
                agent.control().toString());
        assertThat(done.required("state").asText()).isEqualTo("DONE");
    }

    private void withoutAnAgent(String point) {
        TidemarkCli.json(
                "restore", "vda", "--store", store().toString(), "--at", point, "--in-place", "--image", image);
    }

    /** A guest's disk that waits here for its guest, while another process restores into it and dies of it. */
    @Test
    void anIncomingDiskIsLookedAtWhenItHasItsImage() {
        largeHistory();
        Images.create(ImageName.parse(image), LARGE, false).close();
        try (TidemarkAgent waiting = TidemarkAgent.startIncoming(log(), ServedDisk.of(Path.of(image), socket(), 1))) {
            try (Child restore = restoring("--force")) {
                awaitNote();
                restore.kill();
            }
            assertThat(isNoted(image)).isTrue();
            assertThat(takesAGuest()).isFalse();
            assertThat(log()).content().contains("a restore into its image is unfinished");
            assertThat(waiting.terminate()).isZero();
        }
    }

    private boolean takesAGuest() {
        try (BlkioDisk disk = BlkioDisk.open(socket(), 1)) {
            MemorySegment memory = disk.allocate(4096);
            disk.queue(0).read(0, memory.address(), 4096, 1);
            return disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(2)) == 1;
        } catch (RuntimeException e) {
            return false;
        }
    }
}
