// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.frontend.Handshake;
import io.tidemark.integration.frontend.Machine;
import io.tidemark.integration.frontend.ReconnectingFrontend;
import io.tidemark.integration.frontend.SingleWrite;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.load.BackgroundLoad;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.storage.LoopDevice;
import io.tidemark.integration.storage.Mount;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** A new agent takes the disk of a running one, under load, and nobody is told. */
class HandOverIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 8;
    private static final int UPGRADES = 6;

    private static final long DISK = 256 << 20;

    /** What the guest may notice; the least of the upgrades counts, because others use this machine too. */
    private static final Duration GAP = Duration.ofMillis(50);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());

    @Test
    void aNewAgentGoesOnUnderLoad() throws IOException {
        System.out.println("seed " + seed);
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        List<Duration> gaps = new ArrayList<>();
        TidemarkAgent agent = serve(image);
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
            VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
            try (BackgroundLoad running = BackgroundLoad.start(load)) {
                running.awaitMore(2000);
                for (int i = 0; i < UPGRADES; i++) {
                    load.longestPause();
                    agent = agent.takenOver(folder.resolve("heir" + i + ".log"));
                    running.awaitMore(2000);
                    gaps.add(load.longestPause());
                }
                running.finish();
            }
            load.checkNothingLost(image);
            load.checkState(image, load.submitted());
        }
        System.out.println("gaps " + gaps.stream().map(Duration::toMillis).toList() + " ms");
        assertThat(gaps.stream().min(Duration::compareTo).orElseThrow()).isLessThan(GAP);
        // The path is still the disk's: the next frontend is served.
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
            assertThat(disk.capacity()).isEqualTo(Files.size(image));
        }
        assertThat(agent.terminate()).isZero();
        assertThat(socket()).doesNotExist();
    }

    @Test
    void theHistoryGoesOnBehindAGap() throws IOException {
        Path image = newImage(DISK);
        TidemarkAgent agent = protect(image);
        agent.awaitCaughtUp();
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
            VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
            try (BackgroundLoad running = BackgroundLoad.start(load)) {
                running.awaitMore(2000);
                agent = agent.takenOver(folder.resolve("heir.log"));
                running.awaitMore(2000);
                agent.awaitState(ProtectionStatus.State.PROTECTED, Duration.ofSeconds(60));
                running.awaitMore(100);
                running.finish();
            }
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
            HistoryView.awaitProtected(store(), "restart");
            Path restored = newPath();
            TidemarkCli.restore(store(), "latest", restored);
            load.checkState(restored, load.submitted());
            assertThat(TidemarkCli.verify(store()).code()).isZero();
            // What the load had changed since its regions were closed last, or while the history changed hands.
            assertThat(compared(folder.resolve("heir.log")).getFirst()).isBetween(1L, DISK / 4);
        }
    }

    /** Twice: the second heir doesn't know what the first one has noted. */
    @Test
    void aPausedDiskIsComparedWhereItWasChanged() throws IOException {
        Path image = recordedImage(DISK);
        TidemarkAgent agent = protect(image);
        agent.awaitCaughtUp();
        try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
            for (int heirs = 1; heirs <= 2; heirs++) {
                write(disk, 0, heirs);
                pause(agent, true);
                write(disk, DISK / 4, heirs);
                for (int i = 1; i <= heirs; i++) {
                    agent = agent.takenOver(folder.resolve("paused" + i + "of" + heirs + ".log"));
                    agent.awaitState(ProtectionStatus.State.PAUSED, Duration.ofSeconds(60));
                    write(disk, i * DISK / 3 & -4096, heirs);
                }
                pause(agent, false);
                agent.awaitState(ProtectionStatus.State.PROTECTED, Duration.ofSeconds(60));
                write(disk, DISK / 2, heirs);
            }
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        } finally {
            agent.close();
        }
        // Two regions of 4 MiB by the map, and one block by the notes.
        assertThat(compared(folder.resolve("paused1of1.log"))).containsExactly((8L << 20) + (64 << 10));
        assertThat(compared(folder.resolve("paused1of2.log"))).isEmpty();
        assertThat(compared(folder.resolve("paused2of2.log")).getFirst()).isGreaterThanOrEqualTo(DISK);
        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }

    private static void pause(TidemarkAgent agent, boolean wanted) {
        TidemarkCli.run(
                "protect",
                "vda",
                wanted ? "--pause" : "--resume",
                "--control",
                agent.control().toString());
    }

    /** What was changed while the history changed hands is known to the heir alone: behind its death the whole disk is compared, or what its map names. */
    @Test
    void anHeirThatIsKilledHidesNothing() throws Exception {
        System.out.println("seed " + seed);
        Path image = newImage(DISK);
        Random random = new Random(seed);
        List<Long> compared = new ArrayList<>();
        for (String words :
                List.of("taken over, ", "ready", "are compared with its history", "protected: from now on")) {
            TidemarkAgent agent = protect(image);
            agent.awaitCaughtUp();
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1);
                    ExecutorService threads = Executors.newSingleThreadExecutor()) {
                CountDownLatch begun = new CountDownLatch(100);
                Future<?> load = threads.submit(() -> writeUntilNobodyAnswers(disk, random, begun));
                begun.await();
                agent.takenOverAndKilled(folder.resolve("killed" + compared.size() + ".log"), words);
                load.get();
            }
            Files.delete(log());
            try (TidemarkAgent next = protect(image)) {
                next.awaitCaughtUp();
                assertThat(next.terminate()).isZero();
            }
            compared.addAll(compared(log()));
            Path restored = newPath();
            TidemarkCli.restore(store(), "latest", restored);
            assertThat(Files.mismatch(restored, image))
                    .as("killed at \"" + words + "\"")
                    .isEqualTo(-1);
        }
        System.out.println("bytes compared: " + compared);
        assertThat(compared.getLast()).isBetween(1L, DISK / 2);
        assertThat(TidemarkCli.verify(store()).code()).isZero();
    }

    /** All over a small part of the disk. */
    private static void writeUntilNobodyAnswers(BlkioDisk disk, Random random, CountDownLatch begun) {
        MemorySegment memory = disk.allocate(4096);
        do {
            memory.fill((byte) random.nextInt(1, 128));
            disk.queue(0).write(random.nextInt(1 << 12) * 4096L, memory.address(), 4096, 0);
            begun.countDown();
        } while (disk.queue(0).submitAndReap(1, 2_000_000_000L) == 1);
    }

    @Test
    void anHeirThatFailsChangesNothing() throws IOException {
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        try (TidemarkAgent agent = serve(image);
                BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
            VerifyingLoad load = new VerifyingLoad(disk, DEPTH, seed);
            try (BackgroundLoad running = BackgroundLoad.start(load)) {
                running.awaitMore(1000);
                otherSettingsAreRefused(image, agent);
                running.awaitMore(1000);
                for (int bytes : new int[] {0, 1, 100, 1000}) {
                    dyingHeir(agent, bytes);
                    running.awaitMore(1000);
                }
                assertThat(agent.isAlive()).isTrue();
                running.finish();
            }
            load.checkState(image, load.submitted());
            assertThat(agent.terminate()).isZero();
        }
    }

    private void otherSettingsAreRefused(Path image, TidemarkAgent agent) throws IOException {
        ServedDisk other = ServedDisk.of(image, socket(), QUEUES + 1);
        assertThat(refusal(agent, other)).contains("has other settings there");
        assertThat(refusal(agent, ServedDisk.of(image, socket(), QUEUES).asReadOnly()))
                .contains("has other settings there");
    }

    /** @return what an heir says that does not get the disks */
    private String refusal(TidemarkAgent agent, ServedDisk... disks) throws IOException {
        Path log = folder.resolve("refused.log");
        List<String> command = new ArrayList<>(List.of(Checkout.file("bin/tidemark"), "serve"));
        for (ServedDisk disk : disks) {
            command.addAll(List.of("--disk", disk.option()));
        }
        command.addAll(List.of(
                "--control",
                folder.resolve("other.control").toString(),
                "--take-over",
                agent.control().toString()));
        try (Child heir = Child.start("tidemark serve --take-over", log, command)) {
            assertThat(heir.exit(Duration.ofSeconds(30))).isEqualTo(7);
        }
        return Files.readString(log);
    }

    /** Listens as an heir does, reads so many bytes, and is gone. */
    private void dyingHeir(TidemarkAgent agent, int bytes) throws IOException {
        Path socket = folder.resolve("heir" + bytes + ".sock");
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(UnixDomainSocketAddress.of(socket));
            Thread heir = Thread.startVirtualThread(() -> readAndDie(listening, bytes));
            assertThatThrownBy(() -> new ControlClient(agent.control()).handOver(socket))
                    .hasMessageContaining("hand-over");
            assertThat(heir.isAlive()).isFalse();
        }
    }

    /** Which keeps the hand-over from happening, and nobody else from working. */
    @Test
    void aDiskThatHangsStaysAndTheOthersGoOn() throws IOException {
        assumeTrue(Mount.allowed(), "needs root, to freeze what is below a device");
        ServedDisk well = ServedDisk.of(newImage(VerifyingLoad.bytes(QUEUES, DEPTH)), socket(), QUEUES);
        try (Mount mount = Mount.ext4(newPath(), folder.resolve("below"), 64 << 20);
                LoopDevice loop = LoopDevice.over(Files.write(folder.resolve("below/disk"), new byte[8 << 20]));
                Machine machine = new Machine(1, SingleWrite.BYTES)) {
            ServedDisk stuck =
                    new ServedDisk("vdb", loop.device(), folder.resolve("vdb.sock"), 1, false, Optional.empty());
            TidemarkAgent agent = TidemarkAgent.start(log(), well, stuck);
            try (BlkioDisk disk = BlkioDisk.open(well.socket(), QUEUES);
                    ReconnectingFrontend frontend =
                            new ReconnectingFrontend(stuck.socket(), machine, Handshake.Observer.NONE);
                    BackgroundLoad running = BackgroundLoad.start(new VerifyingLoad(disk, DEPTH, seed))) {
                frontend.awaitHandshakes(1);
                mount.freeze();
                MemorySegment status;
                try {
                    status = SingleWrite.offer(machine);
                    awaitInFlight(agent, "vdb");
                    assertThat(refusal(agent, well, stuck)).contains("disk vdb has not completed its requests");
                    running.awaitMore(1000);
                } finally {
                    mount.thaw();
                }
                assertThat(machine.rings().getFirst().take(10_000)).isNotNull();
                assertThat(status.get(ValueLayout.JAVA_BYTE, 0)).isZero();
                agent = agent.takenOver(folder.resolve("heir.log"));
                running.awaitMore(1000);
                running.finish();
                SingleWrite.offer(machine);
                assertThat(machine.rings().getFirst().take(10_000)).isNotNull();
                assertThat(frontend.handshakes()).isEqualTo(1);
            } finally {
                agent.close();
            }
        }
    }

    private static void awaitInFlight(TidemarkAgent agent, String disk) {
        ControlClient client = new ControlClient(agent.control());
        Await.until(
                "a request in flight",
                Duration.ofSeconds(20),
                () -> client.disk(disk).queues().stream().anyMatch(queue -> queue.inFlight() > 0));
    }

    /** A disk that is ready for a guest of another host stays so: neither its size nor its history is touched. */
    @Test
    void whoseTheImageIsGoesOver() {
        Path image = newImage(VerifyingLoad.bytes(1, 1));
        long larger = VerifyingLoad.bytes(1, 1) * 2;
        try (TidemarkAgent here = protect(image)) {
            here.awaitCaughtUp();
            ServedDisk there = ServedDisk.captured(image, folder.resolve("there.sock"), 2, store());
            TidemarkAgent agent = TidemarkAgent.startIncoming(folder.resolve("there.log"), there);
            try (TidemarkAgent heir = agent.takenOver(folder.resolve("heir.log"))) {
                ControlClient client = new ControlClient(heir.control());
                assertThatThrownBy(() -> client.resize("vda", larger)).hasMessageContaining("no guest of this host");
                assertThat(heir.status().protection().state()).isEqualTo(ProtectionStatus.State.OFF);
                assertThat(here.status().protection().state()).isEqualTo(ProtectionStatus.State.PROTECTED);
                assertThat(here.terminate()).isZero();
                try (BlkioDisk disk = BlkioDisk.open(heir.socket(), 1)) {
                    heir.awaitCaughtUp();
                    assertThat(client.resize("vda", larger).geometry().capacity())
                            .isEqualTo(larger);
                }
            }
        }
    }

    @Test
    void anImageThatNobodyUsesYetCanGrow() {
        Path image = newImage(VerifyingLoad.bytes(1, 1));
        long larger = VerifyingLoad.bytes(1, 1) * 2;
        try (TidemarkAgent agent = serve(image).takenOver(folder.resolve("heir.log"))) {
            assertThat(new ControlClient(agent.control())
                            .resize("vda", larger)
                            .geometry()
                            .capacity())
                    .isEqualTo(larger);
        }
    }

    private static void readAndDie(ServerSocketChannel listening, int bytes) {
        try (SocketChannel from = listening.accept()) {
            ByteBuffer read = ByteBuffer.allocate(Math.max(bytes, 1)).limit(bytes);
            while (read.hasRemaining() && from.read(read) >= 0) {
                // What is behind it is never read.
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aGuestDoesNotNotice() {
        Path image = newImage(64 << 20);
        TidemarkAgent agent = serve(image);
        try (Guest guest = Guest.boot(folder, agent.socket())) {
            guest.run("mkfs.ext4 -q /dev/vda && mkdir -p /mnt && mount /dev/vda /mnt")
                    .orThrow();
            guest.run(
                            "(while [ ! -e /tmp/stop ]; do head -c 200000 /dev/urandom >/mnt/f && sync && md5sum </mnt/f >/tmp/s &&"
                                    + " echo 3 >/proc/sys/vm/drop_caches && md5sum </mnt/f | cmp - /tmp/s || touch /tmp/bad;"
                                    + " echo >>/tmp/n; done; touch /tmp/done) >/dev/null 2>&1 &")
                    .orThrow();
            for (int i = 0; i < 3; i++) {
                agent = agent.takenOver(folder.resolve("heir" + i + ".log"));
                guest.run("n=$(wc -l </tmp/n); while [ $(wc -l </tmp/n) -lt $((n+3)) ]; do usleep 10000; done")
                        .orThrow();
            }
            guest.run("touch /tmp/stop; while [ ! -e /tmp/done ]; do usleep 10000; done; test ! -e /tmp/bad")
                    .orThrow();
            assertThat(guest.run("dmesg | grep -i error").text()).isEmpty();
            guest.run("umount /mnt && e2fsck -fn /dev/vda").orThrow();
            guest.quit();
        }
        assertThat(agent.terminate()).isZero();
    }
}
