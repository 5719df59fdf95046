// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.load.GuestFiles;
import io.tidemark.integration.load.GuestWriters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A real Linux guest in QEMU. */
class GuestIT extends LabTest {
    @Test
    void filesSurviveRebootsAndRestartsOfQemu() {
        Path image = newImage(128 << 20);
        try (TidemarkAgent agent = protect(image)) {
            GuestFiles files;
            try (Guest guest = Guest.boot(folder, agent.socket())) {
                files = GuestFiles.make(guest);
                guest.reset();
                files.mountAndCheck(guest);
                GuestFiles.unmount(guest);
                guest.quit();
            }
            try (Guest again = Guest.boot(folder, 1, agent.socket())) {
                files.mountAndCheck(again);
                again.kill();
            }
            try (Guest third = Guest.boot(folder, agent.socket())) {
                files.mountAndCheck(third);
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
                guest.run("mkfs.ext4 -q /dev/vda && mkdir -p /mnt && mount /dev/vda /mnt && sync")
                        .orThrow();
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
