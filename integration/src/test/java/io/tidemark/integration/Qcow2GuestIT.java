// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.image.crash.QemuJudge;
import io.tidemark.integration.load.GuestFiles;
import io.tidemark.integration.load.GuestWriters;
import io.tidemark.integration.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real Linux guest on qcow2 images: it makes a file system, works, discards, reboots, and goes on in an overlay. */
class Qcow2GuestIT extends LabTest {
    private static final int KILLS = Integer.getInteger("tidemark.kills", 3);
    private static final int WRITERS = 2;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void filesSurviveRebootsAndAnOverlay(boolean captured) throws IOException {
        Path image = newQcow2("image", "128M", "-o", "cluster_size=64k");
        GuestFiles files;
        try (TidemarkAgent agent = captured ? protect(image) : serve(image)) {
            try (Guest guest = Guest.boot(folder, agent.socket())) {
                files = GuestFiles.make(guest);
                guest.reset();
                files.mountAndCheck(guest);
                guest.powerOff();
            }
            if (captured) {
                agent.awaitCaughtUp();
            }
            assertThat(agent.terminate()).isZero();
        }
        QemuJudge.check(image, 0, "behind a clean end");
        byte[] disk = QemuJudge.content(image, newPath());
        if (captured) {
            assertThat(TidemarkCli.verify(store()).code()).isZero();
            Path restored = newPath();
            TidemarkCli.restore(store(), "latest", restored);
            assertThat(Arrays.mismatch(Files.readAllBytes(restored), disk)).isEqualTo(-1);
        } else {
            goOnInAnOverlay(image, disk, files);
        }
    }

    private void goOnInAnOverlay(Path image, byte[] disk, GuestFiles files) throws IOException {
        Path overlay = newQcow2("overlay", "", "-F", "qcow2", "-b", image.toString());
        try (TidemarkAgent agent = serve(overlay)) {
            try (Guest guest = Guest.boot(folder, agent.socket())) {
                files.mountAndCheck(guest);
                GuestFiles.work(guest);
                GuestFiles.unmount(guest);
                guest.powerOff();
            }
            assertThat(agent.terminate()).isZero();
        }
        QemuJudge.check(overlay, 0, "an overlay");
        assertThat(Arrays.mismatch(QemuJudge.content(image, newPath()), disk))
                .as("what lies behind the overlay")
                .isEqualTo(-1);
    }

    @Test
    void aKilledAgentIsAPauseForAGuest() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Path image = newQcow2("image", "64M", "-o", "cluster_size=4k");
        TidemarkAgent agent = serve(image);
        try (Guest guest = Guest.boot(folder, agent.socket())) {
            GuestWriters writers = GuestWriters.start(guest, WRITERS);
            for (int kill = 0; kill < KILLS; kill++) {
                writers.awaitProgress(guest, 1 + random.nextInt(20));
                agent.kill();
                QemuJudge.check(image, Long.MAX_VALUE, "behind a kill, seed " + seed);
                agent = serve(image);
                writers.awaitProgress(guest, WRITERS);
            }
            writers.finish(guest);
            guest.quit();
            assertThat(agent.terminate()).isZero();
        } finally {
            agent.close();
        }
        QemuJudge.check(image, Long.MAX_VALUE, "in the end, seed " + seed);
    }

    /** @param size none: that of the backing file */
    private Path newQcow2(String name, String size, String... options) {
        Path image = folder.resolve(name + ".qcow2");
        List<String> command = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
        command.addAll(List.of(options));
        command.add(image.toString());
        if (!size.isEmpty()) {
            command.add(size);
        }
        Command.run(Duration.ofSeconds(60), command).orThrow(name);
        return image;
    }
}
