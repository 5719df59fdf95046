// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.guest.Guest;
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

    /**
     * Each writer fills its own 16 MiB in pieces of 64 KiB, over and over: writes a piece of random bytes, lets it reach the disk,
     * drops the guest's cache, reads it back. Whatever goes wrong leaves a file.
     */
    private static final String WRITER = """
            w() { i=0; while [ ! -e /tmp/stop ]; do \
            head -c 65536 /dev/urandom >/tmp/piece$1 && \
            dd if=/tmp/piece$1 of=/dev/vda bs=64k seek=$(($1*256+i%256)) conv=notrunc,fsync 2>/tmp/error$1 && \
            echo 1 >/proc/sys/vm/drop_caches && \
            dd if=/dev/vda of=/tmp/back$1 bs=64k skip=$(($1*256+i%256)) count=1 2>/tmp/error$1 && \
            cmp /tmp/piece$1 /tmp/back$1 2>/tmp/error$1 || { echo $i >/tmp/failed$1; break; }; \
            md5sum </tmp/piece$1 >/tmp/sum$1.$((i%256)); i=$((i+1)); echo $i >/tmp/count$1; done; touch /tmp/done$1; }""".replace("\n", " ");

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
                for (int writer = 0; writer < WRITERS; writer++) {
                    guest.run(WRITER + "; w " + writer + " >/dev/null 2>&1 &").orThrow();
                }
                for (int kill = 0; kill < KILLS; kill++) {
                    awaitProgress(guest, 1 + random.nextInt(20));
                    kill(agent, mount, kill % 2 == 0);
                    agent = serve(image);
                    awaitProgress(guest, 1);
                }
                awaitProgress(guest, WRITERS);
                checkThatNothingWentWrong(guest);
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

    private static void checkThatNothingWentWrong(Guest guest) {
        guest.run("touch /tmp/stop").orThrow();
        Await.until(
                "the end of the writers",
                Duration.ofSeconds(60),
                () -> guest.run("ls /tmp/done? | wc -l").text().strip().equals(Integer.toString(WRITERS)));
        assertThat(guest.run("cat /tmp/failed? /tmp/error? 2>/dev/null | grep -v records | grep -v copied")
                        .text())
                .isEmpty();
        assertThat(guest.run("dmesg | grep -i 'error'").text()).isEmpty();
        // All that was ever acknowledged, in the last state of each piece.
        guest.run("echo 3 >/proc/sys/vm/drop_caches; for f in /tmp/sum*; do n=${f#/tmp/sum}; w=${n%.*}; i=${n#*.};"
                        + " dd if=/dev/vda bs=64k skip=$((w*256+i)) count=1 2>/dev/null | md5sum | cmp - $f || exit 1;"
                        + " done")
                .orThrow();
    }

    private long requestsDoneAgain() throws IOException {
        return Files.readAllLines(log()).stream()
                .filter(line -> line.contains("done again"))
                .count();
    }

    private static void awaitProgress(Guest guest, long pieces) {
        long until = written(guest) + pieces;
        Await.until("a guest that writes", Duration.ofSeconds(60), () -> written(guest) >= until);
    }

    private static long written(Guest guest) {
        return guest.run("cat /tmp/count? 2>/dev/null").lines().stream()
                .mapToLong(line -> line.isBlank() ? 0 : Long.parseLong(line.strip()))
                .sum();
    }
}
