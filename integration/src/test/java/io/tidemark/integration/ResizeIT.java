// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A disk grows under a running guest. */
class ResizeIT extends LabTest {
    private static final int MIB = 1 << 20;

    @Test
    void aGuestSeesItsDiskGrowAndUsesWhatCame() throws IOException {
        Path image = newImage(64 * MIB);
        TidemarkAgent agent = protect(image);
        try (Guest guest = Guest.boot(folder, agent.socket())) {
            guest.run("mkfs.ext4 -q /dev/vda && mkdir -p /mnt && mount /dev/vda /mnt")
                    .orThrow();
            guest.run("dd if=/dev/urandom of=/mnt/before bs=64k count=500 conv=fsync; md5sum /mnt/before >/tmp/sums")
                    .orThrow();
            guest.run("(while [ ! -e /tmp/stop ]; do dd if=/dev/urandom of=/mnt/busy bs=64k count=20 conv=fsync"
                            + " 2>/tmp/dd || touch /tmp/bad; done; touch /tmp/done) >/dev/null 2>&1 &")
                    .orThrow();
            assertThat(resize(agent, "96M").code()).isZero();
            assertSize(guest, 96);
            assertThat(resize(agent, "+32M").output()).contains("128.0 MiB");
            assertSize(guest, 128);
            guest.run("resize2fs /dev/vda").orThrow();
            guest.run("dd if=/dev/urandom of=/mnt/after bs=64k count=1000 conv=fsync; md5sum /mnt/after >>/tmp/sums")
                    .orThrow();

            assertThat(resize(agent, "100M").code()).isNotZero();
            assertThat(resize(agent, "100M").errors()).contains("the guest would lose what lies behind");

            agent.kill();
            agent = protect(image);
            assertThat(agent.status().geometry().capacity()).isEqualTo(128L * MIB);
            guest.run("echo 3 >/proc/sys/vm/drop_caches; md5sum -c /tmp/sums").orThrow();
            guest.run("touch /tmp/stop; while [ ! -e /tmp/done ]; do usleep 10000; done; test ! -e /tmp/bad")
                    .orThrow();
            assertSize(guest, 128);
            assertThat(guest.run("dmesg | grep -i error").text()).isEmpty();
            guest.run("umount /mnt && e2fsck -fn /dev/vda").orThrow();
            guest.quit();
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        } finally {
            agent.close();
        }
        assertThat(TidemarkCli.verify(store()).code()).isZero();
        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }

    @Test
    void whatWasThereIsNotComparedAgain() throws IOException {
        long before = 256L * MIB;
        Path image = recordedImage(before);
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
                write(disk, 0, 1);
                assertThat(resize(agent, "+32M").code()).isZero();
                write(disk, 100L * MIB, 2);
                write(disk, before + MIB, 3);
                agent.awaitState(ProtectionStatus.State.PROTECTED, Duration.ofSeconds(60));
                write(disk, 200L * MIB, 4);
            }
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        // What was added, the regions of 4 MiB that were written to before, and blocks that were written to meanwhile.
        assertThat(compared(log()).getLast()).isBetween(36L * MIB, 41L * MIB);
        assertThat(TidemarkCli.verify(store()).code()).isZero();
        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }

    private static Command resize(TidemarkAgent agent, String size) {
        return TidemarkCli.run(
                "resize", "vda", size, "--control", agent.control().toString());
    }

    private static void assertSize(Guest guest, int mebibytes) {
        String sectors = Integer.toString(mebibytes * (MIB / 512));
        Await.until(
                "a guest that sees " + mebibytes + " MiB",
                Duration.ofSeconds(20),
                () -> guest.run("cat /sys/block/vda/size").text().strip().equals(sectors));
    }
}
