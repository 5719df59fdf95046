// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.agent.status.ProtectionStatus.State;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A history in a Ceph pool. */
class RbdStoreIT extends RemoteStoreTest {
    private final StoreName name = Ceph.newStore();

    @Test
    void recordsALoad() throws IOException {
        recordsALoad(store());
        assertThat(Ceph.cluster().rbd("ls", "rbd/" + namespace())).contains("tidemark.disks.vda.data.00000001");
    }

    @Test
    void anOsdThatHangsIsSurvived() throws IOException {
        survives(store(), Ceph.cluster()::pauseOsd, Ceph.cluster()::resumeOsd);
    }

    @Test
    void anOsdThatDiesAndComesBackIsSurvived() throws IOException {
        survives(store(), Ceph.cluster()::killOsd, Ceph.cluster()::startOsd);
    }

    /** An agent that was stopped for long wakes up when another has its history: it must not write a byte of it. */
    @Test
    void whoWasStoppedTooLongIsLockedOut() throws IOException {
        Path image = newImage();
        try (TidemarkAgent agent = protect(image, store())) {
            HistoryView.awaitProtected(store());
            signal(agent, "STOP");
            try (HistoryWriter next = takenOver(image)) {
                long before = next.position();
                next.zero(1L << 60, 0, 4096);
                next.commit();
                signal(agent, "CONT");
                next.zero(1L << 60, 4096, 4096);
                next.commit();
                assertThat(next.awaitDurable(before + 2, Duration.ofSeconds(30)))
                        .isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            assertThat(Verify.run(Store.open(name.place()), (done, total) -> {}).isDamaged())
                    .isFalse();
            agent.awaitState(State.PROTECTED, PATIENCE);
        }
    }

    private HistoryWriter takenOver(Path image) {
        HistoryWriter[] taken = new HistoryWriter[1];
        Await.until("the stopped agent's lease", PATIENCE, () -> {
            try {
                taken[0] = Store.open(name.place()).write("vda", image.toFile().length());
                return true;
            } catch (StoreException e) {
                if (e.code() == StoreException.Code.IN_USE) {
                    return false;
                }
                throw e;
            }
        });
        return taken[0];
    }

    private static void signal(TidemarkAgent agent, String signal) {
        Command.run(Duration.ofSeconds(5), List.of("kill", "-" + signal, Long.toString(agent.pid())))
                .orThrow("kill");
    }

    private String namespace() {
        return ((StoreName.InPool) name).pool().namespace();
    }

    /** For those who hand names of stores to a command line. */
    private Path store() {
        return Path.of(name.toString());
    }
}
