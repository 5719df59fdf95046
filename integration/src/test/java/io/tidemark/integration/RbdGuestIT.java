// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.store.Ceph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A real guest on a disk in a Ceph cluster. */
class RbdGuestIT extends LabTest {
    private static final long SIZE = 128 << 20;
    private static final String MOUNT = "mount /dev/vda /mnt";
    private static final String CHECKSUMS = "cd /mnt && find . -type f | sort | xargs sha256sum";

    private final String image = Ceph.newImage("guests");

    @Test
    void itWorksRebootsAndFindsWhatItWrote() {
        make();
        try (TidemarkAgent agent = serve(Path.of(image))) {
            worksAndReboots(agent);
            assertThat(agent.terminate()).isZero();
        }
    }

    @Test
    void itsHistoryIsTheDisk() throws IOException {
        make();
        try (TidemarkAgent agent = protect(Path.of(image))) {
            HistoryView.awaitProtected(store());
            worksAndReboots(agent);
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        assertThat(TidemarkCli.verify(store()).code()).isZero();
        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, Ceph.export(image, newPath()))).isEqualTo(-1);
    }

    private void make() {
        Images.create(ImageName.parse(image), SIZE, false).close();
    }

    private void worksAndReboots(TidemarkAgent agent) {
        List<String> written;
        try (Guest guest = Guest.boot(folder, 2, agent.socket())) {
            guest.run("mkfs.ext4 -q /dev/vda && " + MOUNT).orThrow();
            guest.run(
                            "for i in 1 2 3 4; do dd if=/dev/urandom of=/mnt/$i bs=4k count=$((i * 300)) conv=fsync; done; sync")
                    .orThrow();
            guest.run("rm /mnt/2 && sync && fstrim /mnt").orThrow();
            written = guest.run(CHECKSUMS).orThrow().lines();
            assertThat(written).hasSize(3);
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
            again.powerOff();
        }
    }
}
