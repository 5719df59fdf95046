// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.integration.backend.Backend;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.StorageDaemon;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.LabException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The tools themselves, against a backend that we didn't write. */
class HarnessIT extends LabTest {
    @Test
    void aLoadIsVerified() {
        Path image = newImage(VerifyingLoad.bytes(2, 8));
        try (Backend peer = StorageDaemon.start(log(), ServedDisk.of(image, socket(), 2));
                BlkioDisk disk = BlkioDisk.open(peer.socket(), 2)) {
            VerifyingLoad load = new VerifyingLoad(disk, 8, 1);
            load.run(100);
            assertThat(load.acknowledged()).isEqualTo(1600).isEqualTo(load.submitted());
            load.checkState(image, 1600);
            load.checkNothingLost(image);
            assertThatThrownBy(() -> load.checkState(image, 1599 - 1600 / 2)).isInstanceOf(LabException.class);
            assertThatThrownBy(() -> load.checkNothingLost(newImage(VerifyingLoad.bytes(2, 8))))
                    .isInstanceOf(LabException.class);
        }
    }

    @Test
    void aKilledBackendStopsTheLoad() {
        Path image = newImage(VerifyingLoad.bytes(1, 8));
        try (Backend peer = StorageDaemon.start(log(), ServedDisk.of(image, socket(), 2));
                BlkioDisk disk = BlkioDisk.open(peer.socket(), 1)) {
            VerifyingLoad load = new VerifyingLoad(disk, 8, 1);
            load.run(50);
            peer.kill();
            load.stop();
            load.run(1);
            load.checkNothingLost(image);
        }
    }

    @Test
    void aGuestRunsCommandsAndReboots() {
        Path image = newImage(64 << 20);
        try (Backend peer = StorageDaemon.start(log(), ServedDisk.of(image, socket(), 2));
                Guest guest = Guest.boot(folder, peer.socket())) {
            assertThat(guest.run("mkfs.ext4 -q /dev/vda && mount /dev/vda /mnt && echo kept >/mnt/a && sync")
                            .code())
                    .isZero();
            assertThat(guest.run("printf 'a\\nb'; exit 3")).satisfies(r -> {
                assertThat(r.code()).isEqualTo(3);
                assertThat(r.lines()).containsExactly("a", "b");
            });
            guest.reset();
            assertThat(guest.run("mount /dev/vda /mnt && cat /mnt/a").orThrow().text())
                    .isEqualTo("kept");
            guest.powerOff();
        }
    }
}
