// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.load.GuestWriters;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.storage.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The agent dies under a running guest and comes back: the guest sees a pause, and never an error. */
class ReconnectIT extends LabTest {
    private static final int KILLS = Integer.getInteger("tidemark.kills", 6);
    private static final int WRITERS = 3;

    @Test
    void aKilledAgentIsAPauseForTheGuest() throws IOException {
        killUnder(socket -> Guest.boot(folder, socket));
    }

    @Test
    void withPackedRingsToo() throws IOException {
        killUnder(socket -> {
            Guest guest = Guest.bootPacked(folder, socket);
            // Bit 34 is VIRTIO_F_RING_PACKED; the first character is bit 0.
            assertThat(guest.run("cut -c35 /sys/block/vda/device/features")
                            .text()
                            .strip())
                    .isEqualTo("1");
            return guest;
        });
    }

    private void killUnder(Function<Path, Guest> boot) throws IOException {
        assumeTrue(Mount.allowed(), "needs root, to freeze the file system of the image");
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (Mount mount = Mount.ext4(newPath(), folder.resolve("images"), 128 << 20)) {
            Path image = folder.resolve("images/vda.img");
            Files.copy(newImage(64 << 20), image);
            TidemarkAgent agent = serve(image);
            try (Guest guest = boot.apply(agent.socket())) {
                GuestWriters writers = GuestWriters.start(guest, WRITERS);
                for (int kill = 0; kill < KILLS; kill++) {
                    writers.awaitProgress(guest, 1 + random.nextInt(20));
                    kill(agent, mount, kill % 2 == 0);
                    agent = serve(image);
                    writers.awaitProgress(guest, 1);
                }
                writers.awaitProgress(guest, WRITERS);
                writers.finish(guest);
                guest.quit();
            } finally {
                agent.close();
            }
        }
        assertThat(requestsDoneAgain()).isPositive();
    }

    /** At any moment, or surely with requests in flight, which a frozen file system holds. */
    private static void kill(TidemarkAgent agent, Mount mount, boolean inFlight) {
        if (inFlight) {
            mount.freeze();
            try {
                Await.until(
                        "requests in flight",
                        Duration.ofSeconds(30),
                        () -> agent.status().queues().stream().anyMatch(queue -> queue.inFlight() > 0));
                ProcessHandle.of(agent.pid()).orElseThrow().destroyForcibly();
            } finally {
                // A process whose request is frozen can't end before.
                mount.thaw();
            }
        }
        agent.kill();
    }

    private long requestsDoneAgain() throws IOException {
        return Files.readAllLines(log()).stream()
                .filter(line -> line.contains("done again"))
                .count();
    }
}
