// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.storage.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Restores, in place and into images of their own, and what can get in their way. */
class RestoreIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 4;
    private static final int REFUSED = 7;
    private static final int DEATHS = 5;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());

    private static Command inPlace(TidemarkAgent agent, String point, String... more) {
        List<String> command = new ArrayList<>(List.of("restore", "vda", "--at", point, "--in-place"));
        command.addAll(List.of("--control", agent.control().toString(), "--output", "json"));
        command.addAll(List.of(more));
        return TidemarkCli.run(command.toArray(String[]::new));
    }

    private Path copyOf(Path image) throws IOException {
        return Files.copy(image, newPath());
    }

    private static void same(Path one, Path other, String what) throws IOException {
        assertThat(Files.mismatch(one, other)).as(what).isEqualTo(-1);
    }

    @Test
    void aDetachedDiskIsBroughtBackAndThatIsUndone() throws IOException {
        System.out.println("seed " + seed);
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        String undo;
        Path before;
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            VerifyingLoad load;
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
                load = new VerifyingLoad(disk, DEPTH, seed);
                load.run(300);
                Command refused = inPlace(agent, "write:0");
                assertThat(refused.code()).isEqualTo(REFUSED);
                assertThat(refused.errors()).contains("a guest is using it", "--qmp SOCKET");
            }
            agent.awaitCaughtUp();
            long last = HistoryView.of(store()).lastInterval().lastWrite();
            assertThat(inPlace(agent, "write:" + (last + 1)).code()).isEqualTo(REFUSED);
            load.checkState(image, last);
            before = copyOf(image);

            JsonNode done = parsed(inPlace(agent, "write:" + last / 2));
            assertThat(done.required("state").asText()).isEqualTo("DONE");
            assertThat(done.required("writtenBytes").asLong()).isPositive();
            load.checkState(image, last / 2);
            undo = "mark:" + done.required("undo").asText();

            // The restore is part of the history: it can be looked at, and undone.
            Path past = newPath();
            TidemarkCli.restore(store(), undo, past);
            same(past, before, "the past before the restore");
            parsed(inPlace(agent, undo));
            same(image, before, "the disk after undoing it");
            assertThat(inPlace(agent, "latest").code()).isZero();
            same(image, before, "the disk, restored to what it is");
            assertThat(agent.terminate()).isZero();
        }
        assertThat(TidemarkCli.verify(store()).code()).isZero();
        withoutAnAgent(image, before);
    }

    private void withoutAnAgent(Path image, Path now) throws IOException {
        try (var file = Files.newByteChannel(image, java.nio.file.StandardOpenOption.WRITE)) {
            // Somebody wrote to it while no agent ran: that, too, is not lost.
            file.write(java.nio.ByteBuffer.wrap(new byte[8192]));
        }
        Path changed = copyOf(image);
        JsonNode done = TidemarkCli.json(
                "restore",
                "vda",
                "--store",
                store().toString(),
                "--at",
                "latest",
                "--in-place",
                "--image",
                "raw:" + image);
        // The newest state is what was found on the disk.
        same(image, changed, "the newest state");
        String undo = "mark:" + done.required("undo").asText();
        long first = HistoryView.of(store()).intervals().getFirst().firstWrite();
        String[] back = {
            "restore",
            "vda",
            "--store",
            store().toString(),
            "--at",
            "write:" + first,
            "--in-place",
            "--image",
            "raw:" + image
        };
        TidemarkCli.json(back);
        assertThat(Files.mismatch(image, now)).isNotEqualTo(-1);
        back[5] = undo;
        TidemarkCli.json(back);
        same(image, changed, "the disk after undoing it without an agent");
        assertThat(image.resolveSibling(image.getFileName() + ".restore")).doesNotExist();
    }

    private static JsonNode parsed(Command done) {
        return TidemarkCli.parse(done.orThrow("restore in place").output());
    }

    /** Random content, and the state before it. */
    private Path filled(TidemarkAgent agent, Path image, long bytes) throws IOException {
        agent.awaitCaughtUp();
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
            var memory = disk.allocate(1 << 20);
            var random = new Random(seed);
            var content = new byte[1 << 20];
            for (long at = 0; at < bytes; at += content.length) {
                random.nextBytes(content);
                memory.copyFrom(java.lang.foreign.MemorySegment.ofArray(content));
                disk.queue(0).write(at, memory.address(), content.length, 1);
                assertThat(disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(30)))
                        .isEqualTo(1);
                assertThat(disk.queue(0).result(0)).isZero();
            }
        }
        agent.awaitCaughtUp();
        return copyOf(image);
    }

    @Test
    void aDiskThatIsRestoredInPartSaysSoAndCanBeRestoredOrUndone() throws IOException {
        System.out.println("seed " + seed);
        long bytes = 96 << 20;
        Path image = newImage(bytes);
        Path empty = copyOf(image);
        Path file = image.resolveSibling(image.getFileName() + ".restore");
        Path before;
        try (TidemarkAgent agent = protect(image)) {
            before = filled(agent, image, bytes);
            var control = new ControlClient(agent.control());
            control.restore("vda", "write:0");
            Await.until("a restore that has begun to write", PATIENCE, () -> Files.exists(file));
            agent.kill();
        }
        assertThat(file).exists();
        try (TidemarkAgent agent = protect(image)) {
            var control = new ControlClient(agent.control());
            RestoreStatus left = control.restoring("vda");
            assertThat(left.state()).isEqualTo(RestoreStatus.State.UNFINISHED);
            assertThat(left.error()).contains("restored in part to write:0", left.undo());
            assertThat(takesAGuest(agent)).isFalse();
            agent.awaitCaughtUp();
            JsonNode done = parsed(inPlace(agent, "write:0"));
            same(image, empty, "the disk in the end");
            // The state before it all, not the one that the killed agent left.
            assertThat(done.required("undo").asText()).isEqualTo(left.undo());
            parsed(inPlace(agent, "mark:" + left.undo()));
            same(image, before, "the disk after undoing it");
            assertThat(file).doesNotExist();
            assertThat(takesAGuest(agent)).isTrue();
            assertThat(agent.terminate()).isZero();
        }
    }

    private static boolean takesAGuest(TidemarkAgent agent) {
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
            var memory = disk.allocate(4096);
            disk.queue(0).read(0, memory.address(), 4096, 1);
            return disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(2)) == 1;
        } catch (RuntimeException e) {
            return false;
        }
    }

    @Test
    void aRestoreThatIsKilledIsGoneOnWith() throws IOException {
        System.out.println("seed " + seed);
        long bytes = 192 << 20;
        Path image = newImage(bytes);
        Path expected;
        try (TidemarkAgent agent = protect(image)) {
            expected = filled(agent, image, bytes);
            assertThat(agent.terminate()).isZero();
        }
        Path target = newPath();
        Path file = target.resolveSibling(target.getFileName() + ".restore");
        var random = new Random(seed);
        int deaths = 0;
        for (int attempt = 0; deaths < DEATHS; attempt++) {
            assertThat(attempt)
                    .as("restores that were done before they could be killed")
                    .isLessThan(5 * DEATHS);
            if (!diesBehind(random.nextLong(bytes / 10, bytes * 9 / 10), target)) {
                same(target, expected, "the image, seed " + seed);
                Files.delete(target);
                continue;
            }
            assertThat(file).exists();
            if (deaths++ == 0) {
                Command other = TidemarkCli.tryRestore(store(), "write:0", target);
                assertThat(other.code()).isEqualTo(REFUSED);
                assertThat(other.errors()).contains("(asked for as \"latest\") is unfinished there");
                Command served = TidemarkCli.run(
                        "serve", "--disk", "id=vdb,image=raw:" + target + ",socket=" + folder.resolve("vdb.sock"));
                assertThat(served.code()).isEqualTo(REFUSED);
                assertThat(served.errors()).contains("a restore into it is unfinished");
                Command copied = TidemarkCli.run("image", "convert", "raw:" + target, "raw:" + newPath());
                assertThat(copied.code()).isEqualTo(REFUSED);
                Command emptied = TidemarkCli.run("image", "create", "raw:" + target, "192M", "--force");
                assertThat(emptied.code()).isEqualTo(REFUSED);
                assertThat(emptied.errors()).contains("a restore into it is unfinished");
            }
        }
        TidemarkCli.restore(store(), "latest", target);
        same(target, expected, "the image, seed " + seed);
        assertThat(file).doesNotExist();
        assertThat(TidemarkCli.tryRestore(store(), "latest", target).errors()).contains("exists already");
        assertThat(pins()).as("signs of the dead").hasSizeGreaterThanOrEqualTo(DEATHS);
        // What they needed is nobody's any more.
        JsonNode gone = TidemarkCli.json("retain", "vda", "--store", store().toString(), "--before", "latest");
        assertThat(gone.has("putOff")).as(gone.toString()).isFalse();
        assertThat(pins()).isEmpty();
    }

    private List<Path> pins() throws IOException {
        try (var files = Files.walk(store())) {
            return files.filter(file -> file.getParent().endsWith("pins"))
                    .filter(file ->
                            !file.endsWith("gate.lock") && !file.toString().endsWith(".held"))
                    .toList();
        }
    }

    /** Restores, and kills that when so many bytes are written. @return whether it was still at it */
    private boolean diesBehind(long bytes, Path target) throws IOException {
        try (Child restore = restoring("latest", target)) {
            while (restore.isAlive() && written(restore.pid()) < bytes) {
                LockSupport.parkNanos(200_000);
            }
            restore.kill();
        }
        return Files.exists(target.resolveSibling(target.getFileName() + ".restore"));
    }

    /** How many bytes a process has had written to storage; 0 if it is gone. */
    private static long written(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/io")).stream()
                    .filter(line -> line.startsWith("write_bytes: "))
                    .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }

    private Child restoring(String point, Path target) {
        return Child.start(
                "tidemark restore",
                folder.resolve("restore.log"),
                List.of(
                        Checkout.file("bin/tidemark"),
                        "restore",
                        "vda",
                        "--store",
                        store().toString(),
                        "--at",
                        point,
                        "--to",
                        "raw:" + target));
    }

    @Test
    void aTargetThatIsFullOrReadOnlyAndAStoreThatIsGoneAreSaid() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a small file system");
        long bytes = 64 << 20;
        Path image = newImage(bytes);
        Path expected;
        try (TidemarkAgent agent = protect(image)) {
            expected = filled(agent, image, bytes);
            assertThat(agent.terminate()).isZero();
        }
        Path place = folder.resolve("small");
        try (Mount small = Mount.tmpfs(place, 24 << 20)) {
            Path target = place.resolve("restored.img");
            Command full = TidemarkCli.tryRestore(store(), "latest", target);
            assertThat(full.code()).as(full.errors()).isEqualTo(5);
            assertThat(full.errors()).contains("No space left on device", "give the same command again to go on");
            assertThat(place.resolve("restored.img.restore")).exists();

            Path aside = folder.resolve("aside");
            Files.move(store(), aside);
            Command gone = TidemarkCli.tryRestore(store(), "latest", target);
            assertThat(gone.code()).as(gone.errors()).isEqualTo(3);
            Files.move(aside, store());

            small.resize(1 << 30);
            TidemarkCli.restore(store(), "latest", target);
            same(target, expected, "the image");
            assertThat(place.resolve("restored.img.restore")).doesNotExist();
        }
        try (Mount frail = Mount.ext4(folder.resolve("frail.img"), place, 256 << 20)) {
            frail.turnReadOnly();
            Command readOnly = TidemarkCli.tryRestore(store(), "latest", place.resolve("restored.img"));
            assertThat(readOnly.code()).as(readOnly.errors()).isNotZero();
            assertThat(readOnly.errors()).contains("restored.img.restore", "ead-only file system");
            frail.repair();
        }
    }

    @Test
    void aGuestIsStoppedItsDiskRestoredAndItBootsOnIt() {
        Path image = newImage(128 << 20);
        try (TidemarkAgent agent = protect(image);
                Guest guest = Guest.boot(folder, agent.socket())) {
            guest.run("mkfs.ext4 -q /dev/vda && mkdir -p /mnt && mount /dev/vda /mnt")
                    .orThrow();
            guest.run("echo good >/mnt/file; sync").orThrow();
            agent.awaitCaughtUp();
            Command mark = TidemarkCli.run(
                    "mark", "vda", "good", "--control", agent.control().toString());
            assertThat(mark.code()).as(mark.errors()).isZero();
            guest.run("rm /mnt/file; echo bad >/mnt/virus; sync").orThrow();
            agent.awaitCaughtUp();

            String qmp = Guest.operatorsQmp(folder).toString();
            assertThat(inPlace(agent, "mark:none", "--qmp", qmp).errors()).contains("has no mark");
            guest.run("ls /mnt/virus").orThrow(); // it goes on

            JsonNode done = parsed(inPlace(agent, "mark:good", "--qmp", qmp));
            guest.awaitBoot();
            guest.run("e2fsck -p /dev/vda || [ $? -lt 2 ]").orThrow();
            guest.run("mkdir -p /mnt && mount /dev/vda /mnt").orThrow();
            assertThat(guest.run("cat /mnt/file; ls /mnt").orThrow().text())
                    .contains("good")
                    .doesNotContain("virus");
            guest.run("umount /mnt").orThrow();
            agent.awaitCaughtUp();

            parsed(inPlace(agent, "mark:" + done.required("undo").asText(), "--qmp", qmp));
            guest.awaitBoot();
            guest.run("e2fsck -p /dev/vda || [ $? -lt 2 ]").orThrow();
            guest.run("mkdir -p /mnt && mount /dev/vda /mnt").orThrow();
            assertThat(guest.run("cat /mnt/virus").orThrow().text()).contains("bad");
            guest.powerOff();
        }
    }
}
