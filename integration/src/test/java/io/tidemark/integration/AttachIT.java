// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.integration.backend.PastAgent;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.DiskCopy;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The past served as a disk, beside the disk that runs on. */
class AttachIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private int sockets;

    private PastAgent attach(String point, String... options) {
        Path socket = folder.resolve("past" + sockets++ + ".sock");
        return PastAgent.start(folder.resolve(socket.getFileName() + ".log"), store(), point, socket, options);
    }

    private Path copy(PastAgent past) {
        Path copy = newPath();
        DiskCopy.of(past.socket(), copy);
        return copy;
    }

    @Test
    void pastsOfARunningDiskCanBeReadWrittenAndThrownAway() throws IOException {
        System.out.println("seed " + seed);
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            VerifyingLoad load;
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
                load = new VerifyingLoad(disk, DEPTH, seed);
                load.run(300);
            }
            agent.awaitCaughtUp();
            long last = HistoryView.of(store()).lastInterval().lastWrite();
            var pasts = new ArrayList<PastAgent>();
            try {
                for (long write : List.of(0L, last / 3, last)) {
                    PastAgent past = attach("write:" + write);
                    pasts.add(past);
                    load.checkState(copy(past), write);
                    scribble(past);
                }
                // Neither what is written to one past, nor what goes on with the disk, is seen by another.
                try (PastAgent again = attach("write:" + last / 3)) {
                    load.checkState(copy(again), last / 3);
                }
                try (PastAgent readOnly = attach("latest", "--read-only")) {
                    assertThatThrownBy(() -> copy(readOnly)).hasMessageContaining("Device is read-only");
                }
                pasts.forEach(past -> assertThat(past.terminate()).isZero());
            } finally {
                pasts.forEach(PastAgent::close);
            }
            assertThat(TidemarkCli.verify(store()).code()).isZero();
        }
    }

    private static void scribble(PastAgent past) {
        try (BlkioDisk disk = BlkioDisk.open(past.socket(), 1)) {
            var memory = disk.allocate(1 << 20);
            memory.fill((byte) 0x5a);
            for (long at = 0; at < disk.capacity(); at += memory.byteSize()) {
                disk.queue(0).write(at, memory.address(), (int) Math.min(memory.byteSize(), disk.capacity() - at), 1);
                assertThat(disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(30)))
                        .isEqualTo(1);
                assertThat(disk.queue(0).result(0)).isZero();
            }
        }
    }

    @Test
    void anOverlayThatIsKeptLosesNothingWhenItsAgentIsKilled() throws IOException {
        System.out.println("seed " + seed);
        emptyHistory();
        Path overlay = folder.resolve("overlay.img");
        VerifyingLoad load;
        try (PastAgent past = attach("write:0", "--overlay", "raw:" + overlay);
                BlkioDisk disk = BlkioDisk.open(past.socket(), QUEUES)) {
            load = new VerifyingLoad(disk, DEPTH, seed);
            Thread writing = Thread.ofPlatform().start(() -> load.run(100_000));
            long enough = 500 + new Random(seed).nextInt(2000);
            Await.until("a load under way", PATIENCE, () -> load.acknowledged() > enough);
            past.kill();
            load.stop();
            Await.until("the end of the load", PATIENCE, () -> !writing.isAlive());
        }
        try (PastAgent past = attach("write:0", "--overlay", "raw:" + overlay)) {
            load.checkNothingLost(copy(past));
        }
    }

    private void emptyHistory() {
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
    }

    @Test
    void aPastThatIsKeptIsAnImageOfItsOwnInTheEnd() throws IOException {
        System.out.println("seed " + seed);
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), QUEUES)) {
                new VerifyingLoad(disk, DEPTH, seed).run(200);
            }
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        Path kept = folder.resolve("kept.img");
        Path before;
        long begin = System.nanoTime();
        try (PastAgent past = attach("latest", "--keep", "raw:" + kept)) {
            before = copy(past);
            System.out.printf("attached and read in full after %d ms%n", (System.nanoTime() - begin) / 1_000_000);
            try (BlkioDisk disk = BlkioDisk.open(past.socket(), 1)) {
                var memory = disk.allocate(4096);
                memory.fill((byte) 7);
                disk.queue(0).write(8192, memory.address(), 4096, 1);
                assertThat(disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(30)))
                        .isEqualTo(1);
            }
            Await.until("an image that is complete", PATIENCE, () -> !Files.exists(Path.of(kept + ".overlay")));
            assertThat(past.terminate()).isZero();
        }
        assertThat(Files.mismatch(before, image)).as("seed %s", seed).isEqualTo(-1);
        assertThat(Files.mismatch(before, kept)).as("seed %s", seed).isEqualTo(8192);
        byte[] now = Files.readAllBytes(kept);
        byte[] was = Files.readAllBytes(before);
        for (int i = 8192; i < 8192 + 4096; i++) {
            was[i] = 7;
        }
        assertThat(now).as("seed %s", seed).isEqualTo(was);
    }

    @Test
    void whatCannotBeShownIsRefusedAtOnce() throws IOException {
        emptyHistory();
        Path overlay = Files.createFile(folder.resolve("other.img"));
        assertThat(refusal("write:99")).contains("write:99", "the history ends at write 0");
        assertThat(refusal("mark:none")).contains("has no mark");
        assertThat(refusal("write:0", "--overlay", "raw:" + overlay)).contains("no overlay's map beside it");
        try (PastAgent past = attach("write:0")) {
            assertThat(TidemarkCli.run("resize", "vda-past", "+1M", "--control", past.socket() + ".control")
                            .errors())
                    .contains("a disk as it was has the size that it had");
        }
    }

    private String refusal(String point, String... options) {
        List<String> command = new ArrayList<>(List.of("attach", "vda", "--store", store().toString(), "--at", point));
        command.addAll(List.of("--socket", folder.resolve("none.sock").toString()));
        command.addAll(List.of(options));
        var done = TidemarkCli.run(command.toArray(String[]::new));
        assertThat(done.code()).isNotZero();
        return done.errors();
    }
}
