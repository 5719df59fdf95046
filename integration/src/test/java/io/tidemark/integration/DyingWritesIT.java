// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.frontend.Handshake;
import io.tidemark.integration.frontend.Machine;
import io.tidemark.integration.frontend.ReconnectingFrontend;
import io.tidemark.integration.frontend.SingleWrite;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.storage.LoopDevice;
import io.tidemark.integration.storage.Mount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The agent is dead, but its last write is still on its way to a slow device. */
class DyingWritesIT extends LabTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Test
    void theNextAgentWaitsForTheWritesOfADeadOne() throws IOException {
        assumeTrue(Mount.allowed(), "needs root, to freeze what is below the device");
        try (Mount mount = Mount.ext4(newPath(), folder.resolve("below"), 64 << 20);
                LoopDevice loop = LoopDevice.over(Files.write(folder.resolve("below/disk"), new byte[8 << 20]));
                Machine machine = new Machine(1, SingleWrite.BYTES)) {
            TidemarkAgent agent = serve(loop.device());
            try (ReconnectingFrontend frontend = new ReconnectingFrontend(socket(), machine, Handshake.Observer.NONE)) {
                frontend.awaitHandshakes(1);
                mount.freeze();
                CompletableFuture<TidemarkAgent> next;
                MemorySegment status;
                try {
                    status = SingleWrite.offer(machine);
                    awaitInFlight(agent);
                    agent.kill();
                    assertThat(loop.locks())
                            .as("locks of the write that is left")
                            .isNotEmpty();
                    next = CompletableFuture.supplyAsync(() -> serve(loop.device()));
                    Await.until("an agent that waits for the lock", PATIENCE, () -> logged("is locked: waiting"));
                    assertThat(frontend.handshakes()).isEqualTo(1);
                } finally {
                    mount.thaw();
                }
                agent = next.join();
                frontend.awaitHandshakes(2);
                assertThat(machine.rings().getFirst().take(10_000)).isNotNull();
                assertThat(status.get(ValueLayout.JAVA_BYTE, 0)).isZero();
                assertThat(logged("done again")).isTrue();
            } finally {
                agent.close();
            }
        }
    }

    private static void awaitInFlight(TidemarkAgent agent) {
        Await.until(
                "a write in flight",
                PATIENCE,
                () -> agent.status().queues().stream().anyMatch(queue -> queue.inFlight() > 0));
    }

    private boolean logged(String text) {
        try {
            return Files.readString(log()).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
