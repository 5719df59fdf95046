// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.load.GuestWriters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A real Linux guest in QEMU. */
class GuestIT extends LabTest {
    private static final String MOUNT = "mkdir -p /mnt && mount /dev/vda /mnt";
    private static final String CHECKSUMS = "cd /mnt && find . -type f | sort | xargs sha256sum";

    @Test
    void filesSurviveRebootsAndRestartsOfQemu() {
        Path image = newImage(128 << 20);
        try (TidemarkAgent agent = protect(image)) {
            List<String> written;
            try (Guest guest = Guest.boot(folder, agent.socket())) {
                guest.run("mkfs.ext4 -q /dev/vda && " + MOUNT).orThrow();
                guest.run(
                                "for i in 1 2 3 4; do dd if=/dev/urandom of=/mnt/$i bs=4k count=$((i * 300)) conv=fsync; done; sync")
                        .orThrow();
                written = guest.run(CHECKSUMS).orThrow().lines();
                assertThat(written).hasSize(4);

                guest.reset();
                guest.run(MOUNT).orThrow();
                assertThat(guest.run(CHECKSUMS).orThrow().lines()).isEqualTo(written);
                guest.run("umount /mnt").orThrow();
                guest.quit();
            }
            try (Guest again = Guest.boot(folder, 1, agent.socket())) {
                again.run("e2fsck -fn /dev/vda").orThrow();
                again.run(MOUNT).orThrow();
                assertThat(again.run(CHECKSUMS).orThrow().lines()).isEqualTo(written);
                again.kill();
            }
            try (Guest third = Guest.boot(folder, agent.socket())) {
                third.run(MOUNT).orThrow();
                assertThat(third.run(CHECKSUMS).orThrow().lines()).isEqualTo(written);
                third.powerOff();
            }
            assertThat(agent.terminate()).isZero();
        }
    }

    @Test
    void aGuestIsPausedAndGoesOn() {
        Path image = newImage(GuestWriters.BYTES);
        try (TidemarkAgent agent = serve(image);
                Guest guest = Guest.boot(folder, agent.socket())) {
            GuestWriters writers = GuestWriters.start(guest, 1);
            for (int pause = 0; pause < 5; pause++) {
                writers.awaitProgress(guest, 5);
                guest.pause();
                guest.goOn();
            }
            writers.awaitProgress(guest, 5);
            writers.finish(guest);
            guest.quit();
        }
    }

    @Test
    void textThatAGuestWritesIsStoredSmall() throws IOException {
        Path image = newImage(128 << 20);
        long before;
        long written = 16L << 20;
        try (TidemarkAgent agent = protect(image)) {
            HistoryView.awaitProtected(store());
            try (Guest guest = Guest.boot(folder, agent.socket())) {
                guest.run("mkfs.ext4 -q /dev/vda && " + MOUNT + " && sync").orThrow();
                // mkfs and its lazy work go before: what follows is text.
                guest.run("sleep 1; sync").orThrow();
                before = HistoryView.of(store()).storedBytes();
                guest.run("awk 'BEGIN { for (i = 1; i < 400000; i++)"
                                + " print \"entry \" i \": the quick brown fox jumps over the lazy dog\" }'"
                                + " | head -c " + written + " | dd of=/mnt/log.txt bs=64k conv=fsync")
                        .orThrow();
                assertThat(guest.run("wc -c </mnt/log.txt").text().strip()).isEqualTo(Long.toString(written));
                guest.powerOff();
            }
            assertThat(agent.terminate()).isZero();
        }
        long stored = HistoryView.of(store()).storedBytes() - before;
        System.out.printf(
                "text: %d bytes written, %d stored (%.0f %% smaller)%n",
                written, stored, 100 - 100.0 * stored / written);
        assertThat(stored).isLessThanOrEqualTo(written * 4 / 10);

        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }
}
