// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.load.GuestFiles;
import io.tidemark.integration.store.Ceph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A real guest on a disk in a Ceph cluster. */
class RbdGuestIT extends LabTest {
    private static final long SIZE = 128 << 20;

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
        GuestFiles files;
        try (Guest guest = Guest.boot(folder, 2, agent.socket())) {
            files = GuestFiles.make(guest);
            guest.reset();
            files.mountAndCheck(guest);
            GuestFiles.unmount(guest);
            guest.quit();
        }
        try (Guest again = Guest.boot(folder, 1, agent.socket())) {
            files.mountAndCheck(again);
            again.powerOff();
        }
    }
}
