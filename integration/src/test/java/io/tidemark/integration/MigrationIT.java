// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.load.GuestWriters;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A running guest moves from one QEMU to another: two agents, two sockets, one image that both can reach. */
class MigrationIT extends LabTest {
    private static final int WRITERS = 3;
    private static final int MOVES = Integer.getInteger("tidemark.moves", 2);

    private int hosts;

    /** What a host has of its own. */
    private record Host(Path folder, TidemarkAgent agent) implements AutoCloseable {
        @Override
        public void close() {
            agent.close();
        }
    }

    private Host host(Path image, Optional<Path> store, boolean incoming) throws IOException {
        Path home = Files.createDirectory(folder.resolve("host" + hosts++));
        ServedDisk disk = new ServedDisk("vda", image, home.resolve("vda.sock"), 2, false, store);
        Path log = home.resolve("agent.log");
        return new Host(home, incoming ? TidemarkAgent.startIncoming(log, disk) : TidemarkAgent.start(log, disk));
    }

    @Test
    void aGuestUnderLoadMovesAgainAndAgain() throws IOException {
        Path image = newImage(WRITERS * GuestWriters.BYTES);
        Host here = host(image, Optional.empty(), false);
        Guest guest = Guest.boot(here.folder, here.agent.socket());
        try {
            GuestWriters writers = GuestWriters.start(guest, WRITERS);
            for (int move = 0; move < MOVES; move++) {
                writers.awaitProgress(guest, 20);
                Host there = host(image, Optional.empty(), true);
                Guest.Moved moved = guest.moveTo(there.folder, there.agent.socket());
                System.out.printf(
                        "moved, with a pause of %d ms%n", moved.downtime().toMillis());
                guest = moved.guest();
                here.close();
                here = there;
                writers.awaitProgress(guest, 20);
            }
            writers.finish(guest);
            guest.quit();
        } finally {
            guest.close();
            here.close();
        }
    }

    @Test
    void itsHistoryGoesWithItAndPackedRingsToo() throws IOException {
        Path image = newImage(WRITERS * GuestWriters.BYTES);
        try (Host here = host(image, Optional.of(store()), false)) {
            Guest guest = Guest.bootPacked(here.folder, here.agent.socket());
            GuestWriters writers = GuestWriters.start(guest, WRITERS);
            writers.awaitProgress(guest, 20);
            here.agent.awaitCaughtUp();
            try (Host there = host(image, Optional.of(store()), true)) {
                Guest moved = guest.moveTo(there.folder, there.agent.socket()).guest();
                writers.awaitProgress(moved, 20);
                writers.finish(moved);
                moved.quit();
                there.agent.awaitCaughtUp();
                assertThat(there.agent.terminate()).isZero();
            }
            assertThat(here.agent.terminate()).isZero();
        }
        assertThat(TidemarkCli.verify(store()).code()).isZero();
        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
    }

    /** A guest that comes while the image is another's gets no ring, and no two write. */
    @Test
    void whoHasTheImageKeepsIt() throws IOException {
        Path image = newImage(WRITERS * GuestWriters.BYTES);
        try (Host here = host(image, Optional.empty(), false);
                Guest guest = Guest.boot(here.folder, here.agent.socket())) {
            try (Host there = host(image, Optional.empty(), true);
                    Frontend impatient = Frontend.negotiated(there.agent.socket(), -1);
                    GuestRam ram = impatient.share(0, 1 << 20)) {
                assertThatThrownBy(() -> impatient.startRing(0, 128, ram)).hasMessageContaining("SET_VRING_KICK");
                assertThat(Files.readString(there.folder.resolve("agent.log")))
                        .contains("another process has it open (QEMU or a Tidemark agent); stop that one first");
            }
            guest.run("dd if=/dev/zero of=/dev/vda bs=64k count=16 conv=fsync").orThrow();
            guest.quit();
        }
    }
}
