// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.MarkStatus;
import io.tidemark.agent.status.ProtectionStatus.State;
import io.tidemark.cdp.catalogue.MarkEntry;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.StoredDisk;
import io.tidemark.integration.load.BackgroundLoad;
import io.tidemark.integration.load.VerifyingLoad;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.storage.Mount;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the answer of a mark says is so: a mark that is called durable is there, whatever happens next. */
class MarkIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 8;
    private static final int KILLS = Integer.getInteger("tidemark.kills", 6);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private ServedDisk disk(String id, Path image) {
        return new ServedDisk(id, image, folder.resolve(id + ".sock"), QUEUES, false, Optional.of(store()));
    }

    @Test
    void aKillRightBehindTheAnswerLosesNoMark() throws IOException {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Path first = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        Path second = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        for (int i = 0; i < KILLS; i++) {
            String name = "mark " + i;
            List<MarkStatus> answered =
                    killedBehind(name, i % 2 == 0, seed + i, disk("vda", first), disk("vdb", second));
            for (MarkStatus mark : answered) {
                assertThat(mark.durable()).as(mark.disk() + " " + name).isTrue();
                assertThat(marks(store(), mark.disk()))
                        .filteredOn(one -> one.name().equals(name))
                        .extracting(MarkEntry::number)
                        .containsExactly(mark.write());
            }
        }
    }

    private List<MarkStatus> killedBehind(String name, boolean both, long seed, ServedDisk... disks) {
        try (TidemarkAgent agent = TidemarkAgent.start(log(), disks)) {
            ControlClient client = new ControlClient(agent.control());
            awaitProtected(client);
            try (BlkioDisk vda = BlkioDisk.open(folder.resolve("vda.sock"), QUEUES);
                    BackgroundLoad running = BackgroundLoad.start(new VerifyingLoad(vda, DEPTH, seed))) {
                running.awaitMore(200);
                List<MarkStatus> answered = mark(client, name, both);
                agent.kill();
                running.abandon();
                return answered;
            }
        }
    }

    private static void awaitProtected(ControlClient client) {
        Await.until(
                "both disks protected",
                PATIENCE,
                () -> client.disks().stream().allMatch(disk -> disk.protection().state() == State.PROTECTED));
    }

    /** A guest that is faster than its history is in a gap at times, where no mark can be set. */
    private static List<MarkStatus> mark(ControlClient client, String name, boolean both) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return both ? client.markAll(name, List.of()).marks() : List.of(client.mark("vda", name));
            } catch (AgentException e) {
                if (e.code() != AgentException.Code.REFUSED || System.nanoTime() > deadline) {
                    throw e;
                }
            }
            awaitProtected(client);
        }
    }

    private static List<MarkEntry> marks(Path store, String disk) {
        try (StoredDisk stored = StoredDisk.open(store, disk)) {
            return stored.reader().marks();
        }
    }

    @Test
    void aStoreThatHangsKeepsNoAnswerBackAndGetsTheMarkLater() throws IOException {
        assumeTrue(Mount.allowed(), "only root may mount a file system to freeze");
        Path place = folder.resolve("frozen");
        Path store = place.resolve("store");
        Path image = newImage(VerifyingLoad.bytes(QUEUES, DEPTH));
        try (Mount frozen = Mount.ext4(folder.resolve("frozen.img"), place, 256 << 20);
                TidemarkAgent agent = TidemarkAgent.start(log(), ServedDisk.captured(image, socket(), QUEUES, store))) {
            ControlClient client = new ControlClient(agent.control());
            agent.awaitState(State.PROTECTED, PATIENCE);
            frozen.freeze();
            try {
                assertThat(client.mark("vda", "in a stall").durable()).isFalse();
                assertThat(client.markAll("both in a stall", List.of()).durable())
                        .isFalse();
            } finally {
                frozen.thaw();
            }
            agent.awaitProtection("nothing waits", PATIENCE, now -> now.spool() == null);
            assertThat(client.mark("vda", "behind it").durable()).isTrue();
            agent.kill();
            assertThat(marks(store, "vda"))
                    .extracting(MarkEntry::name)
                    .containsExactly("in a stall", "both in a stall", "behind it");
        }
    }
}
